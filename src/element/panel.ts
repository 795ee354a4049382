/** Room between the panel and its anchor, and between the panel and the edge of the window, in px. */
const gap = 8;

/**
 * Keeps a popover beside its anchor: below where there is room, else above; never outside the window. (CSS anchor
 * positioning is younger than our baseline.)
 */
export class Panel {
  #panel: HTMLElement;
  #anchor: HTMLElement;
  #place = (): void => {
    const anchor = this.#anchor.getBoundingClientRect();
    const { offsetWidth, offsetHeight, style } = this.#panel;
    const left = this.#panel.matches(':dir(rtl)') ? anchor.right - offsetWidth : anchor.left;
    const [below, above] = [anchor.bottom + gap, anchor.top - gap - offsetHeight];
    const clamp = (place: number, room: number) => `${Math.max(gap, Math.min(place, room - gap))}px`;
    style.left = clamp(left, innerWidth - offsetWidth);
    style.top = clamp(below + offsetHeight > innerHeight && above > 0 ? above : below, innerHeight - offsetHeight);
  };

  constructor(panel: HTMLElement, anchor: HTMLElement) {
    this.#panel = panel;
    this.#anchor = anchor;
  }

  /** Shows it, where there is something in it, or hides it; places it again where its text has changed. */
  toggle(isOpen: boolean): void {
    // The page may have taken us out of the document meanwhile, which closes a popover by itself.
    const canOpen = isOpen && this.#panel.isConnected && this.#panel.childElementCount > 0;
    if (this.#panel.matches(':popover-open') !== canOpen) this.#panel.togglePopover(canOpen);
    const listen = canOpen ? addEventListener : removeEventListener;
    listen('scroll', this.#place, { capture: true, passive: true } as AddEventListenerOptions);
    listen('resize', this.#place);
    if (canOpen) this.#place();
  }
}
