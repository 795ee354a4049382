import { readFileSync } from 'node:fs';
import type { Browser, CDPSession, Page } from 'puppeteer-core';

declare global {
  interface Window {
    /** How much of each kind is open now. */
    ledger(): Record<string, number>;
  }
}

/** What the browser itself says that a page holds, after garbage was collected. */
export interface Holdings {
  /** Bytes of the page's JavaScript heap. */
  readonly heapBytes: number;
  /** Resident memory of the page's process, in bytes: what is not JavaScript counts as well. */
  readonly residentBytes: number;
  /** Event listeners and DOM nodes. */
  readonly listeners: number;
  readonly nodes: number;
  /** Objects that can still be reached, by their class. */
  readonly objects: Readonly<Record<string, number>>;
  /** What is open, by kind. */
  readonly open: Readonly<Record<string, number>>;
}

const classes = [
  'AudioContext',
  'AudioWorkletNode',
  'MediaStream',
  'MediaStreamTrack',
  'MessagePort',
  'WebSocket',
  'Worker',
  'AbortController',
  'AudioEncoder',
  'AudioDecoder',
] as const;

/** A page under the eyes of ledger.js. */
export class WatchedPage {
  readonly page: Page;
  #devtools: CDPSession;
  #system: CDPSession;

  private constructor(page: Page, devtools: CDPSession, system: CDPSession) {
    this.page = page;
    this.#devtools = devtools;
    this.#system = system;
  }

  static async open(browser: Browser, url: string): Promise<WatchedPage> {
    const page = await browser.newPage();
    await page.evaluateOnNewDocument(readFileSync(new URL('ledger.js', import.meta.url), 'utf8'));
    await page.goto(url);
    const devtools = await page.createCDPSession();
    await devtools.send('Performance.enable');
    await devtools.send('HeapProfiler.enable');
    return new WatchedPage(page, devtools, await browser.target().createCDPSession());
  }

  /** Collects garbage, then looks. */
  async look(): Promise<Holdings> {
    // The ledger forgets what is closed only now.
    const open = await this.page.evaluate(() => window.ledger());
    const objects: Record<string, number> = {};
    for (const name of classes) objects[name] = await this.#count(name);
    for (let i = 0; i < 3; i += 1) await this.#collectGarbage();
    const { metrics } = await this.#devtools.send('Performance.getMetrics');
    const { jsEventListeners, nodes } = await this.#devtools.send('Memory.getDOMCounters');
    return {
      heapBytes: metrics.find(({ name }) => name === 'JSHeapUsedSize')!.value,
      residentBytes: await this.residentBytes(),
      listeners: jsEventListeners,
      nodes,
      objects,
      open,
    };
  }

  /** The fewest of some counts: on a busy machine Chromium may hold what is closed for a moment more. What leaks, stays. */
  async #count(name: string): Promise<number> {
    let fewest = Infinity;
    for (let i = 0; i < 5 && fewest > 0; i += 1) {
      await this.#collectGarbage();
      fewest = Math.min(fewest, await this.#countOnce(name));
    }
    return fewest;
  }

  #collectGarbage(): Promise<void> {
    return this.#devtools.send('HeapProfiler.collectGarbage');
  }

  async #countOnce(name: string): Promise<number> {
    const prototype = await this.page.evaluateHandle(`${name}.prototype`);
    const objects = await this.page.queryObjects(prototype);
    const count = await this.page.evaluate((found) => found.length, objects);
    await objects.dispose();
    await prototype.dispose();
    return count;
  }

  /** Resident memory of the page’s process, in bytes; 0 where the system does not tell. */
  async residentBytes(): Promise<number> {
    const { processInfo } = await this.#system.send('SystemInfo.getProcessInfo');
    const pages = processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => residentBytes(id));
    return Math.max(0, ...pages);
  }

  async close(): Promise<void> {
    await this.#system.detach();
    await this.page.close();
  }
}

function residentBytes(pid: number): number {
  try {
    const kibibytes = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return Number(kibibytes ?? 0) * 1024;
  } catch {
    return 0;
  }
}
