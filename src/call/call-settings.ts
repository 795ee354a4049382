import type { CallOptions } from './call-controller.js';
import type { ChallengeSolver, TokenProvider } from './session.js';

/** How a site wants its calls: the element's properties of the same names. */
export interface CallSettings {
  /** URL of the site's own endpoint that answers `{ "sessionURL": "wss://…" }`. `{assistant_id}` in it is replaced. */
  tokenEndpoint?: string | undefined;
  /** `post` sends JSON, `get` a query. Default `post`. */
  tokenMethod?: 'post' | 'get' | undefined;
  /** Whether cookies go to the token endpoint. Default `same-origin`. */
  tokenCredentials?: RequestCredentials | undefined;
  /** Which agent, where the token endpoint has more than one. */
  assistantId?: string | undefined;
  /** The site's own name for its calls, at most 128 characters: the token endpoint is told, and it comes back in events. */
  clientReference?: string | undefined;
  /** A session URL to use once, instead of a token endpoint (trials, tests). */
  sessionUrl?: string | null | undefined;
  /** The wire where the answer names none: `pcm`, the widget websocket, or `media`, WebSocket media. Default `pcm`. */
  protocol?: 'pcm' | 'media' | undefined;
  /** Seconds after which the call ends by itself; 0 = never. Default 1800. */
  maxDuration?: number | undefined;
  /** Seconds without speech on either side after which the call ends by itself; 0 = never. Default 300. */
  idleTimeout?: number | undefined;
  /** Goes on with a fresh session when the connection is lost: up to three tries in 20 s. Each may be billed. Default false. */
  reconnect?: boolean | undefined;
  /** What the agent's voice does while the visitor speaks over it: `duck`, `clear` what it had still to say, or `off`. Default `duck`. */
  bargeIn?: 'duck' | 'clear' | 'off' | undefined;
  /** `off`: no ring while the agent is waited for, and no tone at the end. Default `on`. */
  sounds?: 'on' | 'off' | undefined;
  /** Device id of the microphone. Another one is taken where it is not there. */
  microphoneId?: string | null | undefined;
  /** Device id of the loudspeaker, where the browser lets a page choose. */
  speakerId?: string | null | undefined;
  /** Leaves echo in the microphone's sound. Default false. */
  noEchoCancellation?: boolean | undefined;
  /** Leaves noise in the microphone's sound. Default false. */
  noNoiseSuppression?: boolean | undefined;
  /** Leaves the microphone's volume as it is. Default false. */
  noAutoGainControl?: boolean | undefined;
  /** Folder of the files beside the script, when it is not the script's own. */
  assetsUrl?: string | undefined;
  /** URL of the worklet's file; or `blob:` or `data:` alone, where the page's policy allows that and not the file. */
  workletUrl?: string | undefined;
  /** Keeps the websocket on the page's own thread. Default false. */
  noWorker?: boolean | undefined;
  /** The site's own way to a session, instead of a token endpoint. */
  tokenProvider?: TokenProvider | undefined;
  /** Solves challenges of the token endpoint that are not `altcha`: `(challenge, signal) => Promise<answer>`. */
  challengeSolver?: ChallengeSolver | undefined;
}

/** What the call is started with. @param title - What the system calls it. */
export function optionsOf(settings: CallSettings, title: string): CallOptions {
  const { tokenMethod, tokenCredentials, protocol, bargeIn, reconnect, noWorker } = settings;
  const { sessionUrl, tokenProvider, challengeSolver, assistantId, microphoneId, speakerId } = settings;
  return {
    sessionUrl,
    tokenProvider,
    challengeSolver,
    tokenEndpoint: text(settings.tokenEndpoint),
    tokenMethod,
    tokenCredentials,
    assistantId,
    clientReference: text(settings.clientReference),
    protocol,
    maxDurationS: settings.maxDuration,
    title,
    idleTimeoutS: settings.idleTimeout,
    reconnect,
    bargeIn,
    sounds: settings.sounds !== 'off',
    workletUrl: text(settings.workletUrl),
    assetsUrl: folderOf(settings.assetsUrl),
    noWorker,
    microphoneId,
    speakerId,
    echoCancellation: !settings.noEchoCancellation,
    noiseSuppression: !settings.noNoiseSuppression,
    autoGainControl: !settings.noAutoGainControl,
  };
}

/** URL of the folder of the files beside the script, where the page has named one. */
function folderOf(assetsUrl: string | undefined): string | undefined {
  return absolute(text(assetsUrl)?.replace(/\/*$/, '/'));
}

/** Seen from the page; undefined where it is no URL. (`URL.canParse` is younger than our baseline.) */
export function absolute(url: string | null | undefined): string | undefined {
  try {
    return url ? new URL(url, document.baseURI).href : undefined;
  } catch {
    return undefined;
  }
}

/** A page may set a URL object, and a number. */
function text(value: string | null | undefined): string | undefined {
  return value ? `${value}` : undefined;
}
