import type { Browser, Page } from 'puppeteer-core';
import { type AgentWire, pageWith, shippedTag, startSite, waitForStatus } from '../../test/e2e/support/site.js';
import { WatchedPage, type Holdings } from './watched-page.js';

/** What a page held after so many calls, or so many seconds of one. */
export interface Checkpoint extends Holdings {
  readonly at: number;
}

/** The most by which a page may grow after its warm-up, as a share. The process counts what the allocator keeps as well. */
const mostGrowth = { heapBytes: 0.05, residentBytes: 0.1 };
/**
 * Chromium keeps the newest streams of getUserMedia for a while, in a page without a line of ours as well: so many are no
 * leak, however many calls there were.
 */
const mostStreams = 20;

/** The wires that a soak may be over. Of WebSocket media it is Opus, whose codecs are the browser's, to be closed by us. */
export const soakWires = {
  pcm: 'pcm',
  media: { codec: 'opus', framing: 'rtp' },
} as const satisfies Record<string, AgentWire>;

export interface SoakOptions {
  readonly wire: keyof typeof soakWires;
  /** Calls, or seconds. */
  readonly count: number;
  /** So many between two looks. */
  readonly every: number;
  readonly onLook?: (checkpoint: Checkpoint) => void;
}

/** What the element looks like in one call after the other. In mid-call each is, or opens into, the card. */
const layouts = [
  ['card', 'inline'],
  ['pill', 'bottom-right'],
  ['icon', 'inline'],
] as const;

/**
 * Makes calls in one page, one after the other, and looks now and then what the page holds while none runs. The element is
 * as it is shipped, with its sounds; the first call is preceded by the question for consent, and in each the menu is opened.
 * Every other call has its socket, and codecs, on the page's own thread.
 */
export async function soakCalls(browser: Browser, { wire, count, every, onLook }: SoakOptions): Promise<Checkpoint[]> {
  return inPage(browser, wire, 'speech', async (watched, simulator) => {
    const { page } = watched;
    const found: Checkpoint[] = [];
    for (let call = 1; call <= count; call += 1) {
      await wear(page, layouts[call % layouts.length]!, call % 2 === 0);
      await clickPart(page, 'button');
      if (call === 1) await clickPart(page, 'accept');
      await waitForStatus(page, 'active');
      await page.waitForFunction(() => document.querySelector('synthflow-call')!.stats.audioMessages > 5);
      await clickPart(page, 'settings');
      await page.waitForFunction(
        // Not the element itself: whoever waits for it would hold it.
        () => !!document.querySelector('synthflow-call')!.shadowRoot!.querySelector('.panel:popover-open input'),
      );
      await clickPart(page, 'button');
      await waitForStatus(page, 'ended');
      await simulator.nextReport();
      if (call % every !== 0) continue;
      await wear(page, ['pill', 'inline']);
      // The context closes after the call's end, and with it go its timers.
      await page.evaluate(() => document.querySelector('synthflow-call')!.stop());
      // The socket closes after that, where the page has it on its own thread.
      await page.waitForFunction(() => window.ledger().sockets === 0);
      found.push({ at: call, ...(await watched.look()) });
      onLook?.(found.at(-1)!);
    }
    return found;
  });
}

/** Looks now and then what one call holds in which both sides make sound. */
export async function soakOneCall(
  browser: Browser,
  { wire, count, every, onLook }: SoakOptions,
): Promise<Checkpoint[]> {
  // The visitor beeps, and the agent says it again.
  return inPage(browser, wire, { name: 'echo', greeting: false }, async (watched) => {
    const { page } = watched;
    const found: Checkpoint[] = [];
    // Codecs are seen on the page's own thread.
    await wear(page, ['card', 'inline'], wire === 'media');
    await clickPart(page, 'button');
    await clickPart(page, 'accept');
    await waitForStatus(page, 'active');
    for (let second = every; second <= count; second += every) {
      await page.waitForFunction(
        (seconds) => document.querySelector('synthflow-call')!.duration >= seconds,
        { polling: 200, timeout: (every + 30) * 1000 },
        second,
      );
      found.push({ at: second, ...(await watched.look()) });
      onLook?.(found.at(-1)!);
    }
    const { status, stats } = await page.evaluate(() => {
      const { status, stats } = document.querySelector('synthflow-call')!;
      return { status, stats };
    });
    if (status !== 'active' || stats.chunksSent < 40 * count || stats.audioMessages === 0) {
      throw new Error(`The call is ${status}: ${JSON.stringify(stats)}`);
    }
    return found;
  });
}

/**
 * What a page holds that it should not, in sentences. The first look is the warm-up: what the browser compiles and keeps once.
 * @param isIdle - No call runs: nothing at all may be open.
 */
export function leaks(looks: readonly Checkpoint[], { isIdle }: { isIdle: boolean }): string[] {
  const [first, ...rest] = looks;
  const last = rest.at(-1);
  if (!first || !last) return ['There were no two looks.'];
  const found: string[] = [];
  for (const [figure, share] of Object.entries(mostGrowth) as [keyof typeof mostGrowth, number][]) {
    // What is compiled between the first two looks is part of the warm-up.
    const from = Math.max(first[figure], rest[0]![figure]);
    if (last[figure] > from * (1 + share)) found.push(`${figure}: ${from} at first, ${last[figure]} at ${last.at}.`);
  }
  for (const figure of ['listeners', 'nodes'] as const) {
    if (last[figure] > first[figure])
      found.push(`${figure}: ${first[figure]} at ${first.at}, ${last[figure]} at ${last.at}.`);
  }
  for (const [name, count] of Object.entries(last.objects)) {
    const isStream = name.startsWith('MediaStream');
    const most = isStream ? mostStreams : isIdle ? 0 : (first.objects[name] ?? 0);
    if (count > most) found.push(`${count} objects of ${name} at ${last.at}.`);
  }
  for (const look of looks) {
    for (const [name, count] of Object.entries(look.open)) {
      const most = isIdle ? 0 : (first.open[name] ?? 0);
      if (count > most) found.push(`${count} ${name} open at ${look.at}.`);
    }
  }
  return found;
}

/** One line about a look. */
export function describeLook(
  unit: string,
  { at, heapBytes, residentBytes, listeners, nodes, objects, open }: Checkpoint,
): string {
  const mb = (bytes: number) => (bytes / 1e6).toFixed(2);
  const some = (counts: Readonly<Record<string, number>>) =>
    Object.entries(counts)
      .filter(([, count]) => count > 0)
      .map(([name, count]) => `${count} ${name}`)
      .join(', ') || 'none';
  return (
    `${at} ${unit}: heap ${mb(heapBytes)} MB, process ${mb(residentBytes)} MB, ${listeners} listeners, ${nodes} nodes; ` +
    `objects: ${some(objects)}; open: ${some(open)}`
  );
}

/** Closes the card and the menu, and gives the element another look. */
async function wear(
  page: Page,
  [variant, position]: (typeof layouts)[number] | readonly ['pill', 'inline'],
  noWorker = false,
): Promise<void> {
  await page.evaluate(
    async (variant, position, noWorker) => {
      const element = document.querySelector('synthflow-call')!;
      for (const close of element.shadowRoot!.querySelectorAll<HTMLElement>('.close')) close.click();
      Object.assign(element, { variant, position, noWorker });
      await element.updateComplete;
    },
    variant,
    position,
    noWorker,
  );
}

/** Clicks a part of the element. Not by a locator: that holds what it has clicked, also when it is gone from the page. */
async function clickPart(page: Page, name: string): Promise<void> {
  const part = await page.waitForSelector(`synthflow-call >>> [part=${name}]`, { visible: true });
  await part!.click();
  await part!.dispose();
}

async function inPage<T>(
  browser: Browser,
  wire: keyof typeof soakWires,
  scenario: Parameters<typeof startSite>[0],
  test: (watched: WatchedPage, simulator: Awaited<ReturnType<typeof startSite>>['simulator']) => Promise<T>,
): Promise<T> {
  const site = await startSite(scenario, {
    wire: soakWires[wire],
    html: pageWith(shippedTag('consent="I agree."')),
  });
  const watched = await WatchedPage.open(browser, site.url);
  let hasCrashed = false;
  watched.page.on('error', () => (hasCrashed = true));
  try {
    await watched.page.waitForFunction(() => customElements.get('synthflow-call'));
    return await test(watched, site.simulator);
  } catch (cause) {
    if (hasCrashed) throw new Error('The browser’s page has crashed.', { cause });
    throw cause;
  } finally {
    if (!hasCrashed) await watched.close();
    await site.close();
  }
}
