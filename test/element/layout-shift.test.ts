import { expect } from '@open-wc/testing';
import type { SynthflowCall } from '../../src/element/synthflow-call.js';
import { lead, statuses } from '../support/calls.js';
import { ReadyAgent } from '../support/ready-agent.js';
import { itWhere } from '../support/abilities.js';

const hasShifts = PerformanceObserver.supportedEntryTypes.includes('layout-shift');

interface LayoutShift extends PerformanceEntry {
  readonly value: number;
  readonly sources: readonly { readonly node: Node | null }[];
}

const places = [
  '<synthflow-call>Talk</synthflow-call>',
  '<synthflow-call fallback-href="tel:1"><a slot="fallback" href="tel:1">Call +1 555 0100</a></synthflow-call>',
  '<synthflow-call size="small" style="width: 209px; height: 44px"></synthflow-call>',
  '<synthflow-call variant="icon" style="width: 56px"></synthflow-call>',
  '<synthflow-call variant="card" style="width: 322px; height: 224px"></synthflow-call>',
  '<synthflow-call position="bottom-right"></synthflow-call>',
];

/** The rule that the docs give for before the script is there. */
async function docsRule(): Promise<string> {
  const page = await (await fetch('/docs/styling.md')).text();
  return [...page.matchAll(/```css\n([\s\S]*?)```/g)]
    .map(([, rule]) => rule!)
    .find((rule) => rule.includes(':defined'))!;
}

const frame = () => new Promise(requestAnimationFrame);

// One test, since an element is upgraded once a page.
describe('the page around it', () => {
  itWhere(hasShifts, 'entries of layout shifts')(
    'never moves: before the script, at its upgrade, and in every status',
    async function () {
      this.timeout(120_000);
      const style = document.createElement('style');
      style.textContent = await docsRule();
      document.head.append(style);
      const page = document.createElement('main');
      page.innerHTML = `${places.map((place) => `<p>Before <b>it</b> ${place} after</p>`).join('')}<p id="last">Last</p>`;
      document.body.append(page);
      await frame();
      await frame();

      const shifts: LayoutShift[] = [];
      const observer = new PerformanceObserver((list) => shifts.push(...(list.getEntries() as LayoutShift[])));
      observer.observe({ type: 'layout-shift' });
      /** What has moved. A part of the element's own has no name here: it may change place inside of its box. */
      const moved = () =>
        shifts.flatMap(({ sources }) => sources.map(({ node }) => node && (node.textContent || node.nodeName)));

      await import('../../src/index.js');
      await frame();
      await frame();
      const elements = [...page.querySelectorAll<SynthflowCall>('synthflow-call')];
      for (const element of elements) expect(element.matches(':defined')).to.equal(true);
      expect(moved(), 'at the upgrade').to.deep.equal([]);
      // Last, since there the microphone is held.
      const order = [...statuses.slice(2), statuses[1]!];
      for (const status of order) {
        for (const element of elements) {
          const agent = new ReadyAgent();
          element.tokenProvider = async () => agent.url;
          element.reconnect = false;
          await lead(element, agent, status);
          await frame();
          await frame();
          await element.stop();
        }
      }
      expect(
        moved().filter((node) => node !== null),
        'in calls',
      ).to.deep.equal([]);
      // All that moves inside of them, for this many calls at once.
      const score = shifts.reduce((sum, { value }) => sum + value, 0) / (elements.length * order.length);
      expect(score, 'a call').to.be.below(0.01);

      // That it would have been seen.
      scrollTo(0, 0);
      await frame();
      await frame();
      elements[0]!.style.height = '200px';
      while (!moved().some((node) => node !== null)) await frame();
      observer.disconnect();
      page.remove();
      style.remove();
    },
  );
});
