import { listDevices } from '../../audio/devices.js';
import { isOpenAt } from '../hours.js';
import type { CheckName, DiagnoseOptions, Finding } from './diagnosis.js';
import { within } from './watch-policy.js';

/** What the page and its browser are; asked without a permission. */
export const pageChecks: Partial<Record<CheckName, () => Finding | Promise<Finding>>> = {
  'secure-context': () =>
    isSecureContext
      ? { status: 'ok', message: 'The page is secure.' }
      : {
          status: 'failed',
          code: 'insecure-context',
          message: 'The page is not secure, so browsers give it no microphone.',
          advice:
            'Serve the page over https: (http://localhost is secure too). In an iframe every page around it must be secure.',
        },
  getUserMedia: () => api(!!navigator.mediaDevices?.getUserMedia, 'getUserMedia'),
  AudioWorklet: () => api(hasAudioWorklet(), 'AudioWorklet'),
  WebSocket: () => api(typeof WebSocket === 'function', 'WebSocket'),
  popover: () => api('popover' in HTMLElement.prototype, 'The popover attribute'),
  Worker: () =>
    typeof Worker === 'function'
      ? { status: 'ok', message: 'Worker is there.' }
      : { status: 'warning', message: 'There is no Worker: a busy page will hold up the sound.', advice: newerBrowser },
  WebCodecs: () =>
    typeof AudioEncoder === 'function' && typeof AudioDecoder === 'function'
      ? { status: 'ok', message: 'WebCodecs for sound is there.' }
      : {
          status: 'warning',
          code: 'unsupported-browser',
          message: 'There is no WebCodecs for sound, which agents with the codec opus need, and no others.',
          advice: 'Give agents of the protocol media the codec l16, pcmu or pcma.',
        },
  'in-app-browser': () =>
    isInApp()
      ? {
          status: 'warning',
          message: 'This seems to be the browser inside another app, and many of those give no microphone.',
          advice: 'Try it in the system’s browser, and set fallback-href, such as a tel: link, for these visitors.',
        }
      : { status: 'ok', message: 'Nothing says that this is the browser inside another app.' },
  'microphone-policy': checkPolicy,
  'microphone-permission': checkPermission,
  devices: checkDevices,
};

const newerBrowser = 'Use Chrome or Edge 114, Firefox 125, Safari 17 or newer.';

/** Chromium shows insecure pages the node, but no way to load what runs in it. */
export const hasAudioWorklet = (): boolean =>
  typeof BaseAudioContext === 'function' && 'audioWorklet' in BaseAudioContext.prototype;

function api(isThere: boolean, name: string): Finding {
  if (isThere) return { status: 'ok', message: `${name} is there.` };
  return {
    status: 'failed',
    message: `${name} is missing.`,
    ...(isSecureContext
      ? { code: 'unsupported-browser', advice: newerBrowser }
      : { code: 'insecure-context', advice: 'Serve the page over https: browsers hide it from others.' }),
  };
}

/** A hint for the site's developer, and nothing that the tag acts on: only their name tells these browsers. */
function isInApp(): boolean {
  return /\b(FBAN|FBAV|Instagram|Line\/|MicroMessenger|musical_ly|BytedanceWebview|Snapchat|LinkedInApp)|; wv\)/.test(
    navigator.userAgent,
  );
}

/** The page's own policy, as Chromium tells it: by its old name, and by the standard's where that comes. */
interface PolicyDocument {
  readonly permissionsPolicy?: { allowsFeature(feature: string): boolean };
  readonly featurePolicy?: { allowsFeature(feature: string): boolean };
}

/** undefined: the browser does not tell. */
function isMicrophoneAllowed(): boolean | undefined {
  const { permissionsPolicy, featurePolicy } = document as PolicyDocument;
  return (permissionsPolicy ?? featurePolicy)?.allowsFeature('microphone');
}

const header = '"Permissions-Policy: microphone=(self)"';
const iframeAllow = 'allow="microphone; autoplay"';

function policyAdvice(): string {
  if (window === parent) return `Send ${header} with the page, or no such header.`;
  return `Set ${iframeAllow} on every iframe around the page, and let no page send "Permissions-Policy: microphone=()".`;
}

function checkPolicy(): Finding {
  const isAllowed = isMicrophoneAllowed();
  const where = window === parent ? 'the page' : 'the page, which is in an iframe';
  if (isAllowed) return { status: 'ok', message: `Permissions-Policy gives ${where} the microphone.` };
  if (isAllowed === false) {
    return {
      status: 'failed',
      code: 'microphone-blocked-by-policy',
      message: `Permissions-Policy takes the microphone from ${where}.`,
      advice: policyAdvice(),
    };
  }
  return {
    status: 'unknown',
    code: 'microphone-blocked-by-policy',
    message: `This browser does not tell whether Permissions-Policy gives ${where} the microphone.`,
    advice: policyAdvice(),
  };
}

async function checkPermission(): Promise<Finding> {
  const unknown: Finding = {
    status: 'unknown',
    code: 'microphone-denied',
    message: 'This browser does not tell whether the microphone is allowed.',
  };
  try {
    const { state } = await navigator.permissions.query({ name: 'microphone' as PermissionName });
    if (state === 'granted') return { status: 'ok', message: 'The microphone is allowed.' };
    if (state === 'prompt') return { status: 'ok', message: 'The browser will ask for the microphone at the click.' };
    if (isMicrophoneAllowed() === false) {
      return { ...unknown, message: 'Permissions-Policy decides, whatever the visitor has allowed.' };
    }
    return {
      status: 'failed',
      code: 'microphone-denied',
      message: 'The microphone is refused for this page.',
      advice: 'Allow it by the icon beside the page’s address, and for the browser in the system’s settings.',
    };
  } catch {
    // Browsers that do not know the name reject it; some have nobody to ask.
    return unknown;
  }
}

async function checkDevices(): Promise<Finding> {
  const code = 'microphone-not-found';
  if (!navigator.mediaDevices)
    return { status: 'unknown', code, message: 'The browser names no devices to this page.' };
  const { value: devices } = await within(5000, listDevices);
  if (!devices) return { status: 'unknown', code, message: 'The browser has not named the devices within 5 s.' };
  const count = (kind: MediaDeviceKind) => devices.filter((device) => device.kind === kind).length;
  const [microphones, speakers] = [count('audioinput'), count('audiooutput')];
  // Without the permission browsers name at most one of each kind.
  const atMost = devices.some(({ label }) => label) ? '' : ' (before the permission at most one of each is told)';
  const message = `Microphones: ${microphones}; loudspeakers to choose from: ${speakers}${atMost}.`;
  if (microphones) return { status: 'ok', message };
  if (isMicrophoneAllowed() === false) return { status: 'unknown', code, message };
  return {
    status: 'failed',
    code,
    message,
    advice: 'Connect a microphone, and allow it for the browser in the system’s settings.',
  };
}

/** Whether the site's opening hours can be read, and let calls be started now. */
export function checkHours({ hours }: DiagnoseOptions): Finding | undefined {
  if (!hours) return undefined;
  switch (isOpenAt(hours, new Date())) {
    case true:
      return { status: 'ok', message: 'It is within the opening hours.' };
    case false:
      return {
        status: 'warning',
        message: 'It is outside of the opening hours, so no call can be started now.',
        advice: 'Change hours, or wait. Without a time zone they are those of the visitor’s.',
      };
    default:
      return {
        status: 'warning',
        message: 'hours cannot be read, so calls can be started at any time.',
        advice: 'Write them like hours="Mo-Fr 09:00-17:00 Europe/Berlin".',
      };
  }
}

/** How often this file was asked. */
let looks = 0;

/**
 * Whether sound may start. A context is made only in a click, and closed again: elsewhere browsers complain of it. Call it
 * before the first `await`.
 */
export async function checkContext(): Promise<Finding> {
  const isFirst = looks++ === 0;
  if (!navigator.userActivation?.isActive) {
    return {
      status: 'unknown',
      code: 'audio-failed',
      message: 'Sound may start only from a click.',
      advice: 'Call diagnose() from a click to know.',
    };
  }
  const failed: Finding = {
    status: 'failed',
    code: 'audio-failed',
    message: 'Sound does not start.',
    advice: 'Connect a loudspeaker or headphones, and close apps that hold them.',
  };
  let context: AudioContext | undefined;
  try {
    context = new AudioContext();
    const { isLate } = await within(2000, () => context!.resume());
    if (context.state === 'running') return { status: 'ok', message: `Sound starts, at ${context.sampleRate} Hz.` };
    // Safari wants it in the click itself, and the first time this file had to be loaded after it.
    if (isLate && isFirst) {
      return {
        status: 'unknown',
        code: 'audio-failed',
        message: 'Sound has not started within 2 s.',
        advice: 'Call diagnose() from a click once more: some browsers start sound only within the click itself.',
      };
    }
    return failed;
  } catch {
    return failed;
  } finally {
    await context?.close().catch(() => {});
  }
}
