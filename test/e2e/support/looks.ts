import { readFileSync } from 'node:fs';
import type { Browser, Page } from 'puppeteer-core';
import type { CallStatus } from '../../../src/call/machine.js';
import { pageWith, startSite, visit } from './site.js';

/** One element of a sheet. */
export interface Look {
  readonly title: string;
  readonly status: CallStatus;
  /** Attributes beside the next two. */
  readonly attributes?: string;
  /** Default `light`. */
  readonly theme?: 'light' | 'dark';
  /** Default `en`. */
  readonly lang?: 'en' | 'ar';
  /** What is opened then: by what is clicked, or by what is called. */
  readonly opens?: 'menu' | 'consent';
  /** In px. Default 200. */
  readonly height?: number;
}

const card = 'variant="card" heading="Acme support" subheading="Answers at once, day and night"';

/** Pill, icon and card in a status. */
export const everyVariant = (status: CallStatus, more: Partial<Look> = {}): Look[] =>
  ['variant="pill"', 'variant="icon"', card].map((variant): Look => {
    const title = `${variant.split('"')[1]}, ${status}`;
    const attributes = `${variant} fallback-href="tel:+15550100" fallback-label="Call +1 555 0100" ${more.attributes ?? ''}`;
    return { title, status, height: 350, ...more, attributes };
  });

/** Closed on every day of this week but one that is far. */
export const closedNow = `hours="${['Su', 'Mo', 'Tu', 'We', 'Th', 'Fr', 'Sa'][(new Date().getUTCDay() + 4) % 7]} 11:00-12:00 UTC"`;

/** In the order in which a visitor meets them. */
export const statuses: readonly CallStatus[] = [
  'idle',
  'requesting-microphone',
  'connecting',
  'waiting',
  'active',
  'reconnecting',
  'ended',
  'failed',
];

/** Three side by side, where there is room. */
const cellWidth = (width: number): number => (width < 1200 ? width : Math.floor(width / 3));

/** A page of looks side by side, each element with a call of its own: they do not hear of one another. */
export const sheetOf = (looks: readonly Look[], width: number): string => `
<style>
  body { margin: 0; }
  main { position: relative; display: flex; flex-wrap: wrap; width: ${width}px }
  h1 { position: absolute; opacity: 0 }
  .cell { box-sizing: border-box; padding: 12px 16px; overflow: hidden }
  .light { background: #fff; color: #555 } .dark { background: #0e0f13; color: #aaa }
  .title { margin: 0 0 8px; font: 11px/1 'DejaVu Sans', sans-serif }
  synthflow-call { --synthflow-font: 'DejaVu Sans', sans-serif }
</style>
<main><h1>Looks</h1>${looks
  .map(
    ({ title, theme = 'light', lang = 'en', attributes = '', height = 200 }) => `
<div class="cell ${theme}" style="width: ${cellWidth(width)}px; height: ${height}px" dir="${lang === 'ar' ? 'rtl' : 'ltr'}">
  <p class="title" lang="en" dir="ltr">${title}</p>
  <synthflow-call token-endpoint="/api/synthflow/token" assistant-id="agent" sounds="off" theme="${theme}" lang="${lang}" reconnect
    ${attributes}></synthflow-call>
</div>`,
  )
  .join('')}</main>`;

/** The script that a sheet's page needs to be led. */
export const leadLooks = readFileSync(new URL('lead-looks.js', import.meta.url), 'utf8');

/** Opens a sheet in a window of that width which is high enough for it, with every element in its status. */
export async function openSheet(
  browser: Browser,
  looks: readonly Look[],
  { width = 1280, scenario = 'silent' }: { width?: number; scenario?: string } = {},
): Promise<{ page: Page; close(): Promise<void> }> {
  const site = await startSite(scenario, { html: pageWith(sheetOf(looks, width)) });
  const page = await visit(browser, site.url, { record: false });
  const columns = Math.floor(width / cellWidth(width));
  const height = Math.max(...looks.map((look) => look.height ?? 200));
  await page.setViewport({ width, height: Math.ceil(looks.length / columns) * height });
  await leadAll(page, looks, `${site.simulator.socketOrigin}/websocket/start?scenario=${scenario}`);
  // With its browser too: a test that fails closes nothing.
  const letGo = () => void site.close();
  browser.once('disconnected', letGo);
  const close = async () => {
    browser.off('disconnected', letGo);
    await page.close();
    await site.close();
  };
  return { page, close };
}

async function leadAll(page: Page, looks: readonly Look[], agentUrl: string): Promise<void> {
  // Sound may begin.
  await page.mouse.click(1, 1);
  await page.evaluate(leadLooks);
  await page.evaluate((wanted, url) => window.leadLooks(wanted, url), looks, agentUrl);
}

/** Both themes in both directions. */
export const turns = ['light', 'dark'].flatMap((theme) => ['en', 'ar'].map((lang) => ({ theme, lang })));

/** Shows a sheet in every turn, one after the other: to look at each needs no call of its own. */
export async function inEveryTurn(page: Page, look: (turn: string) => Promise<void>): Promise<void> {
  for (const turn of turns) {
    await page.evaluate((wanted) => window.turnLooks(wanted), turn);
    await look(`${turn.theme}, ${turn.lang}`);
  }
}

/** Has a page shown in the few colours that its visitor has chosen. Puppeteer does not know of them. */
export async function forceColors(page: Page): Promise<void> {
  const session = await page.createCDPSession();
  await session.send('Emulation.setEmulatedMedia', { features: [{ name: 'forced-colors', value: 'active' }] });
}

declare global {
  interface Window {
    turnLooks(turn: { theme: string; lang: string }): Promise<void>;
    leadLooks(looks: readonly Look[], agentUrl: string): Promise<void>;
  }
}
