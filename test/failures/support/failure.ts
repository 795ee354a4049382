import assert from 'node:assert/strict';
import type { RequestListener } from 'node:http';
import type { Browser, BrowserContext, Frame, Page } from 'puppeteer-core';
import type { SimulatorOptions } from '../../../simulator/simulator.js';
import type { CallError, CallErrorCode } from '../../../src/call/errors.js';
import { type Ability, can } from '../../e2e/support/launch.js';
import {
  clickCall,
  consoleOf,
  expectNothingOpen,
  pageWith,
  type Site,
  type SiteOptions,
  startSite,
  tag,
  waitForOpenSockets,
  visit,
  waitForStatus,
} from '../../e2e/support/site.js';

/** In every broken answer: nothing of it may reach the visitor, the console, an error or an event. */
export const upstreamWords = 'UPSTREAM-WORDS <img src=x onerror=alert(1)> sk-secret';

const unavailable = 'The call is not available right now. Please try again later.';
export const noConnection = 'The call could not be made. Check your connection and try again.';

/** What the visitor is told, by code: exactly this. */
const visitorWords: Record<CallErrorCode, string> = {
  'unsupported-browser': 'Please use another browser.',
  'insecure-context': unavailable,
  'microphone-denied':
    'Allow the microphone when your browser asks, or by the icon beside the page’s address, and try again.',
  'microphone-blocked-by-policy': unavailable,
  'microphone-not-found': 'Connect a microphone and try again.',
  'microphone-in-use': 'Close other apps that use the microphone and try again.',
  'microphone-lost': 'Connect a microphone and try again.',
  'token-endpoint-missing': unavailable,
  'token-request-failed': unavailable,
  'token-request-timeout': noConnection,
  'token-response-invalid': unavailable,
  'rate-limited': 'All lines are busy. Please try again later.',
  'session-url-rejected': unavailable,
  'connection-failed': noConnection,
  'connection-timeout': noConnection,
  'agent-timeout': 'The agent did not answer. Please try again.',
  'connection-lost': 'The connection was lost. Check your connection and try again.',
  'audio-failed': 'The sound does not work. Please try again.',
  'protocol-error': unavailable,
};

/** Every code that there is. */
export const allCodes = Object.keys(visitorWords) as CallErrorCode[];

/** A visitor at a page that is about to fail. */
export interface Visit {
  readonly page: Page;
  readonly site: Site;
  readonly context: BrowserContext;
  /** Where the tag is: the page's own document, or its first iframe's. */
  frame(): Frame;
  /** What the browser answers from now on when it is asked for the microphone. */
  setMicrophone(setting: 'granted' | 'denied' | 'prompt'): Promise<void>;
}

/** One failure: how it is made, what is said of it, and how its cause is mended. */
export interface Failure {
  readonly title: string;
  readonly code: CallErrorCode;
  /** What it asks of the browser beside. */
  readonly needs?: Ability;
  /** What the developer is told beside the code: the header, attribute or line to change. */
  readonly developer: RegExp;
  /** Where the visitor is told something else than is told of the code. */
  readonly visitor?: string;
  /** Figures in the error; those that are not named must not be there. */
  readonly known?: Partial<Pick<CallError, 'httpStatus' | 'endpointCode' | 'retryAfterS' | 'closeCode'>>;
  readonly scenario?: SimulatorOptions['scenario'];
  readonly site?: SiteOptions;
  /** Where the page is, when it is not the site's first. */
  readonly url?: (site: Site) => string | Promise<string>;
  /** Whether the tag is in an iframe of the page. */
  readonly isFramed?: boolean;
  /** Before the click. */
  readonly prepare?: (visit: Visit) => Promise<void>;
  /** In the call. */
  readonly during?: (visit: Visit) => Promise<void>;
  readonly mend: (visit: Visit) => Promise<void>;
}

/** Makes a failure happen, looks at all that is left of it, mends its cause and calls again by the same button. */
export async function meet(browser: Browser, failure: Failure): Promise<void> {
  const { scenario, url, isFramed = false, prepare, during, mend } = failure;
  const site = await startSite(scenario ?? 'speech', { html: pageWith(tag()), hasWellAgent: true, ...failure.site });
  const context = await browser.createBrowserContext();
  try {
    const pageUrl = (await url?.(site)) ?? site.url;
    const setMicrophone = (state: 'granted' | 'denied' | 'prompt') =>
      context.setPermission('*', { permission: { name: 'microphone' }, state });
    if (can('permission to change')) await setMicrophone('granted');
    const page = await visit(context, pageUrl, { record: false, hasTag: false });
    const frame = () => (isFramed ? page.frames()[1]! : page.mainFrame());
    const visitor: Visit = { page, site, context, frame, setMicrophone };
    await waitForTag(frame);
    await prepare?.(visitor);
    await clickCall(frame());
    if (during) {
      await waitForStatus(frame(), 'active');
      await during(visitor);
    }
    await waitForStatus(frame(), 'failed', 45_000);
    await expectNothingLeft(visitor);
    await expectWords(visitor, failure);

    await mend(visitor);
    await waitForTag(frame);
    await clickCall(frame());
    await waitForStatus(frame(), 'active', 30_000);
    await frame().waitForFunction(() => document.querySelector('synthflow-call')!.stats.audioMessages > 5);
    await clickCall(frame());
    await waitForStatus(frame(), 'ended');
    await expectNothingLeft(visitor);
    assert.equal(ourLines(page).length, 1, ourLines(page).join('\n'));
  } finally {
    await context.close();
    await site.close();
  }
}

/** Waits for the tag, in whichever document it is by now. */
async function waitForTag(frame: () => Frame): Promise<void> {
  const isThere = async () => frame().evaluate(() => Boolean(customElements.get('synthflow-call')));
  // A frame that is being loaded has no document to ask.
  while (!(await isThere().catch(() => false))) await new Promise(setImmediate);
}

async function expectNothingLeft({ frame, site: { simulator } }: Visit): Promise<void> {
  await expectNothingOpen(frame());
  await waitForOpenSockets(simulator, 0);
}

async function expectWords({ page, frame }: Visit, failure: Failure): Promise<void> {
  const { code, developer, visitor = visitorWords[code], known = {} } = failure;
  const { error, shown, announced, everything } = await frame().evaluate(() => {
    const element = document.querySelector('synthflow-call')!;
    const { message, httpStatus, endpointCode, retryAfterS, closeCode } = element.error!;
    const panel = element.shadowRoot!.querySelector('[part=error]');
    return {
      error: { ...element.error!, message, known: { httpStatus, endpointCode, retryAfterS, closeCode } },
      shown: panel?.checkVisibility() ? panel.textContent : null,
      announced: element.shadowRoot!.querySelector('[role=status]')!.textContent,
      everything: element.shadowRoot!.textContent + document.documentElement.outerHTML + String(element.error!.cause),
    };
  });
  assert.equal(error.code, code, error.message);
  assert.equal(error.visitorMessage, visitor);
  assert.equal(shown, visitor);
  assert.ok(announced.includes(visitor), announced);
  assert.match(error.message, developer);
  assert.deepEqual(JSON.parse(JSON.stringify(error.known)), known);
  assert.deepEqual(ourLines(page), [`warn: <synthflow-call> ${code}: ${error.message}`]);
  assert.doesNotMatch(error.message, /(wss?|https?):\/\/[\w[]|token=|sk-/);
  assert.doesNotMatch(everything + error.message + ourLines(page).join(), /UPSTREAM|sk-secret/);
}

/** What the page has said on the console; the browser itself tells of requests and policies. */
const ourLines = (page: Page): string[] => consoleOf.get(page)!.filter((line) => !line.startsWith('browser: '));

/** A token endpoint that answers as it should once it is mended. */
export function brokenEndpoint(broken: RequestListener, attributes = ''): Pick<Failure, 'site' | 'mend'> {
  let isBroken = true;
  return {
    site: {
      html: pageWith(`<synthflow-call token-endpoint="/token" assistant-id="agent" ${attributes}></synthflow-call>`),
      routes: (endpoint) => ({ '/token': (...exchange) => (isBroken ? broken : endpoint)(...exchange) }),
    },
    mend: async () => void (isBroken = false),
  };
}

/** An answer of such an endpoint. */
export const answering =
  (status: number, body: unknown, headers: Record<string, string> = {}): RequestListener =>
  (request, response) => {
    request.resume();
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const type = typeof body === 'string' ? 'text/html' : 'application/json';
    response.writeHead(status, { 'Content-Type': type, ...headers }).end(text);
  };

/** A header of the site's pages and files, and a second visit without it. */
export function brokenHeader(name: string, value: string): Pick<Failure, 'site' | 'mend'> {
  const headers: Record<string, string> = { [name]: value };
  return {
    site: { headers },
    mend: async ({ page }) => {
      Reflect.deleteProperty(headers, name);
      await page.reload();
    },
  };
}

/** Changes an attribute of the tag. */
export const setAttribute =
  (name: string, value: string) =>
  async ({ frame }: Visit): Promise<void> =>
    frame().evaluate(
      (...attribute) => document.querySelector('synthflow-call')!.setAttribute(...attribute),
      name,
      value,
    );
