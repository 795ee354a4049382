import type { CommandQueue } from './commands.js';

/**
 * Makes every click on `data-synthflow-start="id"` (or `-stop`, `-toggle`) a command for the element with this `id`, also on
 * what comes into the page later.
 */
export function takeTriggers(queue: CommandQueue): void {
  if (queue.hasTriggers) return;
  queue.hasTriggers = true;
  document.addEventListener('click', (event) => {
    for (const method of ['start', 'stop', 'toggle'] as const) {
      const name = `data-synthflow-${method}`;
      const trigger = event.target instanceof Element && event.target.closest(`[${name}]`);
      if (!trigger) continue;
      // Of a link, say to the number that is called where there is no script.
      event.preventDefault();
      // The second half of a double click would undo the first.
      if (event.detail <= 1) queue.push([method, trigger.getAttribute(name)!]);
      return;
    }
  });
}
