import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, BrowserContext, Frame, Page } from 'puppeteer-core';
import sirv from 'sirv';
import type { ChallengeOptions } from '../../../server/challenge.js';
import { serve } from '../../../server/serve.js';
import type { MediaAgentOptions } from '../../../server/resolve-agents.js';
import { toNodeListener } from '../../../server/adapters/node.js';
import { createTokenHandler, type TokenHandler } from '../../../server/token-handler.js';
import type { TokenHandlerOptions, TokenLogEntry } from '../../../server/token-settings.js';
import { createSimulator, type Simulator, type SimulatorOptions } from '../../../simulator/simulator.js';
import type {} from '../../../src/element/index.js';
import { browserName } from './launch.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const witness = readFileSync(new URL('witness.js', import.meta.url), 'utf8');

/** A page's HTML around the tag. */
export const pageWith = (body: string): string => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>A site</title>
<meta name="viewport" content="width=device-width">
<link rel="icon" href="data:,">
<script type="module" src="/dist/synthflow-call.js"></script></head>
<body>${body}</body></html>`;

/** The tag as a site would paste it, with all that it does by itself. */
export const shippedTag = (attributes = ''): string =>
  `<synthflow-call token-endpoint="/api/synthflow/token" assistant-id="agent" ${attributes}></synthflow-call>`;

/**
 * One that makes no sound of its own, so that what is recorded is the agent, who does not go down when the fake microphone
 * beeps over it.
 */
export const tag = (attributes = 'barge-in="off"'): string => shippedTag(`sounds="off" ${attributes}`);

export interface Site {
  readonly url: string;
  readonly simulator: Simulator;
  /** Paths of the files that were asked for. */
  readonly requests: readonly string[];
  /** What the token endpoint was asked, and what it answered. */
  readonly tokenLog: readonly TokenLogEntry[];
  close(): Promise<void>;
}

/** How a site's agent is spoken with: the widget websocket, or a kind of WebSocket media. */
export type AgentWire = 'pcm' | Pick<MediaAgentOptions, 'codec' | 'framing' | 'bind'>;

export interface SiteOptions {
  /** `{elsewhere}` in it is the site's origin by another name: another origin. */
  readonly html?: string;
  /** A Content-Security-Policy; `{socket}` in it is the agent's origin. */
  readonly policy?: string;
  /** Other headers of everything that is served. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly wire?: AgentWire;
  /** Whether there is a second agent, `well`, which always works. Default false. */
  readonly hasWellAgent?: boolean;
  /** Whether the token endpoint is for this page alone by its name, so that it may be asked under `{elsewhere}`. */
  readonly isElsewhere?: boolean;
  /** What visitors have to solve first. */
  readonly challenge?: ChallengeOptions;
  /** Paths that are not there. */
  readonly missing?: readonly string[];
  /** What else is answered, by path, and how; it may hand on to the real token endpoint. */
  readonly routes?: (endpoint: RequestListener) => Readonly<Record<string, RequestListener>>;
  /** Files that are there as well, by path: scripts by their ending, else HTML. */
  readonly files?: Readonly<Record<string, string>>;
  /** Answers some requests for the token in place of the endpoint. */
  readonly tokens?: RequestListener;
}

/** Nothing but the site's own files, and the agent's socket. */
export const strictPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self' {socket}; img-src data:";

/** A site with the built files, the real token endpoint and the simulated agent; every path answers the same page. */
export async function startSite(scenario: SimulatorOptions['scenario'], options: SiteOptions = {}): Promise<Site> {
  const { html = pageWith(tag()), policy = '', wire = 'pcm', missing = [] } = options;
  const { headers = {}, files = {}, tokens, challenge, hasWellAgent = false } = options;
  const apiKey = 'test-key';
  const simulator = await createSimulator({ apiKey, record: true, ...(scenario && { scenario }) });
  // The agent `talk` plays the simulator's own scenario.
  const { talk, speech } = simulator.agents;
  const numbers = { fromPhoneNumber: '+15550100', toPhoneNumber: '+15550101' };
  const tokenLog: TokenLogEntry[] = [];
  const speakWith = (modelId: string) =>
    wire === 'pcm' ? modelId : ({ protocol: 'media', modelId, ...numbers, ...wire } as const);
  const handlerFor = (allowedOrigins: TokenHandlerOptions['allowedOrigins']) =>
    createTokenHandler({
      apiKey,
      challenge,
      log: (entry) => tokenLog.push(entry),
      agents: { agent: speakWith(talk!), ...(hasWellAgent && { well: speakWith(speech!) }) },
      allowedOrigins,
      widgetBaseUrl: simulator.url,
      apiBaseUrl: simulator.apiUrl,
    });
  // The page's origin has a port, which is known when it is served.
  let elsewhere: TokenHandler | undefined;
  const handler: TokenHandler = options.isElsewhere
    ? (...request) => (elsewhere ??= handlerFor([new URL(page.url).origin]))(...request)
    : handlerFor('same-origin');
  const dist = sirv(path.join(root, 'dist'), { dev: true });
  const requests: string[] = [];
  const fallback: RequestListener = (request, response) => {
    requests.push(request.url ?? '');
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    if (policy) response.setHeader('Content-Security-Policy', policy.replace('{socket}', simulator.socketOrigin));
    if (request.url === '/recorder.worklet.js') {
      response.setHeader('Content-Type', 'text/javascript');
      response.end(readFileSync(new URL('recorder.worklet.js', import.meta.url)));
    } else if (tokens && request.url?.startsWith('/tokens')) {
      tokens(request, response);
    } else if (files[request.url ?? ''] !== undefined) {
      response.setHeader('Content-Type', request.url!.endsWith('.js') ? 'text/javascript' : 'text/html; charset=utf-8');
      response.end(files[request.url!]);
    } else if (missing.includes(request.url?.split('?', 1)[0] ?? '')) {
      response.writeHead(404).end();
    } else if (/^\/(dist|mirror)\//.test(request.url ?? '')) {
      request.url = request.url!.slice(request.url!.indexOf('/', 1));
      dist(request, response, () => void response.writeHead(404).end());
    } else {
      response.setHeader('Content-Type', 'text/html; charset=utf-8');
      response.end(html.replaceAll('{elsewhere}', `http://127.0.0.1:${request.socket.localPort}`));
    }
  };
  const routes = options.routes?.(toNodeListener(handler));
  const page = await serve({ handler, routes, fallback, port: 0, host: '127.0.0.1' });
  return {
    url: page.url,
    simulator,
    requests,
    tokenLog,
    close: async () => {
      await Promise.all([page.close(), simulator.close()]);
    },
  };
}

/** Everything that the page says on the console. */
export const consoleOf = new WeakMap<Page | Frame, string[]>();

/** Opens a page under the eyes of witness.js. */
export async function visit(
  browser: Browser | BrowserContext,
  url: string,
  { record = true, hasTag = true } = {},
): Promise<Page> {
  // In a window of its own where it has a context of its own: it is drawn beside others.
  const page = await browser.newPage({ type: 'createBrowserContext' in browser ? 'tab' : 'window' });
  const lines: string[] = [];
  consoleOf.set(page, lines);
  consoleOf.set(page.mainFrame(), lines);
  page.on('console', (message) => {
    // What Chromium says itself has no arguments.
    const isItself = browserName === 'chromium' && message.args().length === 0;
    lines.push(`${isItself ? 'browser' : message.type()}: ${message.text()}`);
  });
  page.on('pageerror', (error) => {
    // What Firefox says itself comes as an error that was thrown nowhere.
    const isItself = browserName === 'firefox' && !(error as Error).stack!.includes('\n    at ');
    lines.push(`${isItself ? 'browser' : 'pageerror'}: ${String(error)}`);
  });
  await page.evaluateOnNewDocument(witness);
  if (record) await page.evaluateOnNewDocument('window.witnessRecorder = "/recorder.worklet.js"');
  await page.goto(url);
  if (hasTag) await page.waitForFunction(() => customElements.get('synthflow-call'));
  return page;
}

/** Clicks the call's one button, as a visitor does. */
export const clickCall = async (page: Page | Frame): Promise<void> => {
  await page.locator('synthflow-call >>> [part=button]').setWaitForStableBoundingBox(false).click();
};

/** Waits until the call has this status. */
export const waitForStatus = async (page: Page | Frame, status: string, timeout = 15_000): Promise<void> => {
  await page
    .waitForFunction((wanted) => document.querySelector('synthflow-call')?.status === wanted, { timeout }, status)
    .catch(async () => {
      const now = await page.evaluate(() => {
        const { status, error } = document.querySelector('synthflow-call')!;
        return `${status} ${error?.code ?? ''} ${error?.message ?? ''}`;
      });
      throw new Error(`waited for ${status}, but the call is ${now}; console: ${consoleOf.get(page)?.join(' | ')}`);
    });
};

/** What is open where no call runs. */
export const nothingOpen = { contexts: 0, tracks: 0, sockets: 0, codecs: 0, timers: 0, workers: 0 };

/** Waits until all that a call opens is closed, and says what is left where it is not. */
export async function expectNothingOpen(page: Page | Frame): Promise<void> {
  await page
    .waitForFunction(() => Object.values(window.witness.open()).every((count) => count === 0), { timeout: 15_000 })
    .catch(() => {});
  assert.deepEqual(await page.evaluate(() => window.witness.open()), nothingOpen);
}

/** Waits until so many sockets are open at the agent's end, which hears of a close after the page. */
export async function waitForOpenSockets(simulator: Pick<Simulator, 'openSockets'>, count: number): Promise<void> {
  for (let looks = 0; simulator.openSockets !== count && looks < 1000; looks += 1) await wait(15);
  assert.equal(simulator.openSockets, count);
}

/** Waits until so many seconds were recorded since the call began to play. */
export const waitForSound = (page: Page, seconds: number) =>
  page.waitForFunction(
    (wanted) => {
      const { sampleRate, blocks } = window.witness.recordings.at(-1) ?? { sampleRate: 1, blocks: [] };
      return blocks.length * 64 * 128 > wanted * sampleRate;
    },
    { timeout: 30_000 },
    seconds,
  );

/**
 * Waits until the agent has heard that the page which is left has ended its call. A busy machine freezes or ends the page's Worker
 * now and then before that has said so: the agent hears of a drop. Firefox ends Workers before it gives them what was sent, and
 * their sockets as those of a page that is left.
 * @returns By whom, and the close code.
 */
export async function expectEnd(simulator: Simulator): Promise<string> {
  const endings = browserName === 'firefox' ? /^visitor 100[01]$/ : /^(visitor 1000|drop 1006)$/;
  const late = wait(20_000, undefined, { ref: false }).then(() => assert.fail('The agent has not heard of the end.'));
  const { endedBy, closeCode } = await Promise.race([simulator.nextReport(), late]);
  const ending = `${endedBy} ${closeCode}`;
  assert.match(ending, endings);
  return ending;
}

/**
 * Runs a test again while it fails: what this machine does beside holds up the audio thread, or the start of a Worker, now and
 * then. What is wrong with us is wrong every time. What must never happen once is held without it: what a policy has blocked in
 * test/failures/csp.test.ts, sessions that are spent, what is sent while muted.
 * @param tries - In all.
 */
export async function retry(test: () => Promise<void>, tries = 3): Promise<void> {
  for (let triesLeft = tries - 1; ; triesLeft -= 1) {
    try {
      return await test();
    } catch (error) {
      if (triesLeft === 0) throw error;
      console.log(`Tried again: ${String(error)}`);
    }
  }
}

/** A recording of what was played. */
export interface Recording {
  readonly samples: Float32Array;
  /** In Hz. */
  readonly sampleRate: number;
  /** Whether the recorder was there all the time: a machine that is too busy leaves it out now and then. */
  readonly isWhole: boolean;
}

/** What was played in the page so far; silence where the recorder missed it. */
export async function played(page: Pick<Page, 'evaluate'>, index = 0): Promise<Recording> {
  const { text, sampleRate, frames } = await page.evaluate(async (which) => {
    const { sampleRate, blocks: running } = window.witness.recordings[which]!;
    const blocks = [...running];
    const bytes = new Blob(blocks.map(({ samples }) => samples as Float32Array<ArrayBuffer>));
    const reader = new FileReader();
    const url = await new Promise<string>((resolve) => {
      reader.onload = () => resolve(reader.result as string);
      reader.readAsDataURL(bytes);
    });
    return { sampleRate, frames: blocks.map(({ frame }) => frame), text: url.slice(url.indexOf(',') + 1) };
  }, index);
  const { buffer, byteOffset, byteLength } = Buffer.from(text, 'base64');
  const recorded = new Float32Array(buffer.slice(byteOffset, byteOffset + byteLength));
  const length = recorded.length / Math.max(1, frames.length);
  const [first = 0] = frames;
  const samples = new Float32Array((frames.at(-1) ?? first) - first + length);
  frames.forEach((frame, place) => {
    samples.set(recorded.subarray(place * length, (place + 1) * length), frame - first);
  });
  return { samples, sampleRate, isWhole: samples.length === recorded.length };
}

declare global {
  interface Window {
    witness: {
      recordings: { sampleRate: number; blocks: { frame: number; samples: Float32Array }[] }[];
      violations: string[];
      ends: number;
      arrivals: [atMs: number, bytes: number][];
      errors: string[];
      /** What was said on the console, where the page itself listens. */
      lines: string[];
      open(): Record<'contexts' | 'tracks' | 'sockets' | 'codecs' | 'timers' | 'workers', number>;
      made(): Record<'contexts' | 'tracks' | 'sockets', number>;
    };
  }
}

/** By how much the agent's messages came later than they are spoken (32 bytes a ms), at worst, in ms. */
export const worstLatenessMs = (page: Page): Promise<number> =>
  page.evaluate(() => {
    const { arrivals } = window.witness;
    let [bytes, worst] = [0, 0];
    for (const [atMs, length] of arrivals) {
      worst = Math.max(worst, atMs - arrivals[0]![0] - bytes / 32);
      bytes += length;
    }
    return worst;
  });

/** Opens a site's page, hands both to the test, and lets them go. */
export async function onSite(
  browser: Browser,
  starting: Promise<Site>,
  test: (page: Page, site: Site) => Promise<void>,
  options: Parameters<typeof visit>[2] = {},
): Promise<void> {
  const site = await starting;
  try {
    const page = await visit(browser, site.url, options);
    await test(page, site).finally(() => page.close());
  } finally {
    await site.close();
  }
}
