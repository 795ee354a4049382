/**
 * How the simulated agent behaves in one call.
 * Every field but `name` is a knob that a URL parameter of the same name can turn; README.md has them in one table.
 */
export interface Scenario {
  /** The preset it started from. */
  name: string;

  /** How long the token answer is held back, in ms. */
  tokenDelayMs: number;
  /** HTTP status of the token answer; anything but 200 is a refusal. */
  tokenStatus: number;
  /** What a token answer with status 200 holds. */
  tokenAnswer: 'session' | 'html' | 'no-url';
  /** `Retry-After` of a refused token, in s; 0 leaves the header out. */
  retryAfterS: number;

  /** What happens to the websocket handshake: answered, answered with 403, or never answered. */
  upgrade: 'open' | 'refuse' | 'ignore';

  /** From `status_client_ready` to `status_agent_ready`, in ms; on media from the open socket or the `bind` to `call_info`. */
  readyMs: number;
  /** Whether `status_agent_ready` or `call_info` is ever sent, and audio. */
  ready: boolean;
  /** Whether the agent speaks before it says that it is ready. */
  early: boolean;

  /** What the agent says. */
  voice: 'talk' | 'echo' | 'tone' | 'speech' | 'silence';
  /** Whether `talk` greets before it listens. */
  greeting: boolean;
  /** Length of `tone` and `speech`, in s. */
  seconds: number;

  /** Whether audio is sent as fast as it is spoken or as fast as it can be sent. */
  pacing: 'real-time' | 'burst';
  /** Audio in one message, in ms. */
  messageMs: number;
  /** Whether messages have random byte lengths, odd, 1 and 0 among them. */
  odd: boolean;
  /** How far a message may be from its time, to either side, in ms. */
  jitterMs: number;
  /** Share of messages that are held up, 0 to 1. */
  stallShare: number;
  /** Shortest hold-up, in ms. */
  stallMinMs: number;
  /** Longest hold-up, in ms. */
  stallMaxMs: number;
  /** Whether unknown text messages are mixed in. */
  chatty: boolean;
  /** Whether malformed and hostile messages are mixed in. */
  garbage: boolean;
  /** Seed of everything random above. */
  seed: number;

  /** Whether the agent closes as soon as the socket is open. */
  closeAtOnce: boolean;
  /** From `status_agent_ready` to the agent's hanging up, in ms; 0 is never. */
  hangUpAfterMs: number;
  /** From `status_agent_ready` to the loss of the connection, in ms; 0 is never. */
  dropAfterMs: number;
  /** Close code when the agent closes; 1005 closes without a code, 1006 drops the connection. */
  closeCode: number;

  /** Media: HTTP status of the answer to the POST that creates a call; 200 leaves it to `tokenStatus`. */
  postStatus: number;
  /** Media: whether a socket of the base URL tells its server's name. */
  serverInfo: boolean;
  /** Media: whether a `bind` is refused although its sid is right. */
  bindRefused: boolean;
  /** Media: whether the agent writes `call_info`. */
  callInfo: boolean;
  /** RTP: share of packets that are left out, 0 to 1. */
  lossShare: number;
  /** RTP: share of packets that the next one overtakes, 0 to 1. */
  reorderShare: number;
  /** RTP: share of packets that come twice, 0 to 1. */
  duplicateShare: number;
  /** RTP: whether packets have padding, CSRCs and a header extension. */
  rtpExtras: boolean;
  /** RTP: whether sequence numbers and timestamps start ten packets of 20 ms before they wrap around. */
  nearWrap: boolean;
}

const defaults: Scenario = {
  name: 'talk',
  tokenDelayMs: 0,
  tokenStatus: 200,
  tokenAnswer: 'session',
  retryAfterS: 0,
  upgrade: 'open',
  readyMs: 150,
  ready: true,
  early: false,
  voice: 'talk',
  greeting: true,
  seconds: 8,
  pacing: 'real-time',
  messageMs: 20,
  odd: false,
  jitterMs: 0,
  stallShare: 0,
  stallMinMs: 60,
  stallMaxMs: 150,
  chatty: false,
  garbage: false,
  seed: 1,
  closeAtOnce: false,
  hangUpAfterMs: 0,
  dropAfterMs: 0,
  closeCode: 1000,
  postStatus: 200,
  serverInfo: true,
  bindRefused: false,
  callInfo: true,
  lossShare: 0,
  reorderShare: 0,
  duplicateShare: 0,
  rtpExtras: false,
  nearWrap: false,
};

/** What each named scenario changes; everything else is as in `talk`. The order is the order of `Simulator.agents`. */
const presets: Record<string, Partial<Scenario>> = {
  talk: {},
  echo: { voice: 'echo' },
  tone: { voice: 'tone' },
  speech: { voice: 'speech' },
  burst: { voice: 'speech', pacing: 'burst', messageMs: 1000 },
  jitter: { voice: 'speech', jitterMs: 15 },
  stalls: { voice: 'speech', stallShare: 0.04 },
  odd: { voice: 'speech', odd: true },
  early: { voice: 'speech', early: true, readyMs: 400 },
  chatty: { voice: 'speech', chatty: true },
  garbage: { voice: 'speech', garbage: true },
  silent: { voice: 'silence' },
  'slow-token': { tokenDelayMs: 3000 },
  'refuse-token': { tokenStatus: 500 },
  'rate-limited': { tokenStatus: 429, retryAfterS: 7 },
  'bad-token': { tokenAnswer: 'html' },
  'no-url': { tokenAnswer: 'no-url' },
  refuse: { upgrade: 'refuse' },
  'close-at-once': { closeAtOnce: true, closeCode: 1011 },
  'never-open': { upgrade: 'ignore' },
  'never-ready': { ready: false },
  drop: { voice: 'speech', dropAfterMs: 2000 },
  'hang-up': { hangUpAfterMs: 2500 },
  close: { hangUpAfterMs: 1000, closeCode: 1011 },
  loss: { voice: 'speech', lossShare: 0.05 },
  reorder: { voice: 'speech', reorderShare: 0.1 },
  duplicate: { voice: 'speech', duplicateShare: 0.1 },
  'rtp-extras': { voice: 'speech', rtpExtras: true },
  'near-wrap': { voice: 'speech', nearWrap: true },
  'no-server-info': { serverInfo: false },
  'no-call-info': { callInfo: false },
  'bind-refused': { bindRefused: true },
  'join-failed': { postStatus: 502 },
  'not-enabled': { postStatus: 503 },
};

/** The names of all scenarios, `talk` first. */
export const scenarioNames: readonly string[] = Object.keys(presets);

/** The names of all knobs, which are also URL parameters. */
export const knobNames: readonly string[] = Object.keys(defaults).filter((knob) => knob !== 'name');

const choices: Partial<Record<string, readonly string[]>> = {
  tokenAnswer: ['session', 'html', 'no-url'],
  upgrade: ['open', 'refuse', 'ignore'],
  voice: ['talk', 'echo', 'tone', 'speech', 'silence'],
  pacing: ['real-time', 'burst'],
};

const ranges: Partial<Record<string, readonly [min: number, max: number]>> = {
  tokenStatus: [200, 599],
  postStatus: [200, 599],
  // The widget holds 120 s of audio; a burst of more would only test the machine's memory.
  seconds: [0, 120],
  messageMs: [1, 10_000],
  jitterMs: [0, 1000],
  stallShare: [0, 1],
  lossShare: [0, 1],
  reorderShare: [0, 1],
  duplicateShare: [0, 1],
  closeCode: [1000, 4999],
};
const anyDelay = [0, 600_000] as const;

/**
 * The scenario that a name and overrides make.
 * @param name - One of {@link scenarioNames}.
 * @param overrides - Knobs laid over the preset, checked like URL parameters.
 * @throws RangeError that says which name or value is wrong and what is right.
 */
export function createScenario(name: string, overrides: Partial<Scenario> = {}): Scenario {
  if (!scenarioNames.includes(name)) {
    throw new RangeError(`There is no scenario "${name}". There are: ${scenarioNames.join(', ')}.`);
  }
  const scenario: Scenario = { ...defaults, ...presets[name], ...overrides, name };
  for (const knob of knobNames) check(knob, scenario[knob as keyof Scenario]);
  return scenario;
}

/**
 * The knobs that a URL's query turns; parameters that are no knobs are left out.
 * @throws RangeError when a value is of the wrong kind.
 */
export function readKnobs(query: URLSearchParams): Partial<Scenario> {
  const knobs: Record<string, string | number | boolean> = {};
  for (const [knob, text] of query) {
    if (knobNames.includes(knob)) knobs[knob] = readKnob(knob, text);
  }
  return knobs as Partial<Scenario>;
}

function readKnob(knob: string, text: string): string | number | boolean {
  switch (typeof defaults[knob as keyof Scenario]) {
    case 'boolean':
      if (['', '1', 'true'].includes(text)) return true;
      if (['0', 'false'].includes(text)) return false;
      throw new RangeError(`${knob} is 1 or 0, not "${text}".`);
    case 'number':
      return text.trim() === '' ? NaN : Number(text);
    default:
      return text;
  }
}

function check(knob: string, value: string | number | boolean): void {
  const words = choices[knob];
  if (words && !words.includes(String(value))) {
    throw new RangeError(`${knob} is one of ${words.join(', ')}, not "${value}".`);
  }
  if (typeof value !== 'number') return;
  const [min, max] = ranges[knob] ?? (knob === 'seed' ? [-Infinity, Infinity] : anyDelay);
  if (!(value >= min && value <= max)) throw new RangeError(`${knob} is a number from ${min} to ${max}.`);
  if (knob === 'closeCode' && !isCloseCode(value)) throw new RangeError(`${value} is not a close code.`);
}

// RFC 6455 §7.4: 1004 is reserved, 1015 and up to 2999 are nobody's to send.
function isCloseCode(code: number): boolean {
  return Number.isInteger(code) && code !== 1004 && (code <= 1014 || code >= 3000);
}
