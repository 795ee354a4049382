/** Room between a popover and its anchor, and between it and the edge of the window, in px. */
const gap = 8;

/** Shows a popover, or hides it; places it again where its size or the page has changed. */
export type TogglePopover = (isOpen: boolean) => void;

/** What is open in each window, the last one at the end: that is the one which Escape closes. They go with an iframe. */
const stacks = new WeakMap<Window, object[]>();

/**
 * Keeps a popover where `place` puts it while it is open. (CSS anchor positioning is younger than our baseline.)
 * @param onEscape - Called for the Escape key, wherever the focus is, while nothing was opened after it.
 */
export function createPopover(
  box: HTMLElement,
  place: (box: HTMLElement) => void,
  onEscape: () => void,
): TogglePopover {
  // The page may move both to another window, such as an iframe's.
  let view: Window = window;
  let open: object[] = [];
  const replace = (): void => place(box);
  const onKey = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape' || open.at(-1) !== box) return;
    event.stopImmediatePropagation();
    onEscape();
  };
  return (isOpen) => {
    const { defaultView } = box.ownerDocument;
    // The page may have taken us out of the document meanwhile, which closes a popover by itself.
    const canOpen = isOpen && box.isConnected && !!defaultView;
    // In an iframe that is gone nothing can be closed.
    if (defaultView && box.matches(':popover-open') !== canOpen) box.togglePopover(canOpen);
    const listen = (isOn: boolean) => {
      const change = isOn ? 'addEventListener' : 'removeEventListener';
      view[change]('scroll', replace, true);
      view[change]('resize', replace);
      view[change]('keydown', onKey as EventListener);
    };
    listen(false);
    const at = open.indexOf(box);
    if (at >= 0 && !(canOpen && view === defaultView)) open.splice(at, 1);
    if (!canOpen) {
      box.style.left = box.style.top = '';
      return;
    }
    view = defaultView;
    if (!stacks.has(view)) stacks.set(view, []);
    open = stacks.get(view)!;
    if (!open.includes(box)) open.push(box);
    listen(true);
    replace();
  };
}

const clamp = (at: number, room: number): string => `${Math.max(gap, Math.min(at, room - gap))}px`;

/** Puts a popover below its anchor where there is room, else above; never outside the window. */
export function placeBeside(box: HTMLElement, anchor: HTMLElement): void {
  const { left, right, top, bottom } = anchor.getBoundingClientRect();
  const { offsetWidth, offsetHeight, style } = box;
  const { innerWidth, innerHeight } = box.ownerDocument.defaultView!;
  const [below, above] = [bottom + gap, top - gap - offsetHeight];
  const isRtl = getComputedStyle(box).direction === 'rtl';
  style.left = clamp(isRtl ? right - offsetWidth : left, innerWidth - offsetWidth);
  style.top = clamp(below + offsetHeight > innerHeight && above > 0 ? above : below, innerHeight - offsetHeight);
}

/** Puts a popover over its anchor, as if it had grown from there towards the middle of the window. */
export function placeOver(box: HTMLElement, anchor: HTMLElement): void {
  const { left, right, top, bottom } = anchor.getBoundingClientRect();
  const { offsetWidth, offsetHeight, style } = box;
  const { innerWidth, innerHeight } = box.ownerDocument.defaultView!;
  style.left = clamp(left + right < innerWidth ? left : right - offsetWidth, innerWidth - offsetWidth);
  style.top = clamp(top + bottom < innerHeight ? top : bottom - offsetHeight, innerHeight - offsetHeight);
}
