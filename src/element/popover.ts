/** Room between a popover and its anchor, and between it and the edge of the window, in px. */
const gap = 8;

/** Shows a popover, or hides it; places it again where its size or the page has changed. */
export type TogglePopover = (isOpen: boolean) => void;

/** What of the window can be seen, in px: an on-screen keyboard may lie over the rest. */
interface Room {
  readonly width: number;
  readonly top: number;
  readonly bottom: number;
}

/** Where in a room a popover would best be: left and top, in px. */
type Place = (box: HTMLElement, room: Room) => readonly [left: number, top: number];

/** What is open in each window, the last one at the end: that is the one which Escape closes. They go with an iframe. */
const stacks = new WeakMap<Window, object[]>();

/**
 * Keeps a popover near where `place` wants it while it is open, whole inside what of the window can be seen: one that is
 * higher than that scrolls. (CSS anchor positioning is younger than our baseline, and knows of no keyboard.)
 * @param onEscape - Called for the Escape key, wherever the focus is, while nothing was opened after it.
 */
export function createPopover(box: HTMLElement, place: Place, onEscape: () => void): TogglePopover {
  const { style } = box;
  // The page may move both to another window, such as an iframe's.
  let view: Window = window;
  let open: object[] = [];
  const replace = (): void => {
    const { width, height, offsetTop, scale } = view.visualViewport!;
    // Pinched larger, it is but a part of the window, and the visitor pans.
    const top = scale > 1 ? 0 : offsetTop;
    const room = { width: width * scale, top, bottom: top + height * scale };
    style.maxHeight = `${height * scale - 2 * gap}px`;
    const [left, y] = place(box, room);
    style.left = clamp(left, 0, room.width - box.offsetWidth);
    style.top = clamp(y, top, room.bottom - box.offsetHeight);
  };
  const onKey = (event: KeyboardEvent): void => {
    // An input method has its own use for the key.
    if (event.key !== 'Escape' || event.isComposing || open.at(-1) !== box) return;
    event.stopImmediatePropagation();
    onEscape();
  };
  return (isOpen) => {
    const { defaultView } = box.ownerDocument;
    // The page may have taken us out of the document meanwhile, which closes a popover by itself.
    const canOpen = isOpen && box.isConnected && !!defaultView;
    const at = open.indexOf(box);
    if (at < 0 && !canOpen) return;
    // In an iframe that is gone nothing can be closed. What lacks popovers is below our baseline, and makes no calls.
    if (defaultView && box.togglePopover && box.matches(':popover-open') !== canOpen) box.togglePopover(canOpen);
    const listen = (isOn: boolean) => {
      const change = isOn ? 'addEventListener' : 'removeEventListener';
      for (const type of ['scroll', 'resize']) {
        view[change](type, replace, true);
        view.visualViewport?.[change](type, replace);
      }
      view[change]('keydown', onKey as EventListener);
    };
    listen(false);
    if (at >= 0 && !(canOpen && view === defaultView)) open.splice(at, 1);
    if (!canOpen) {
      style.left = style.top = style.maxHeight = '';
      return;
    }
    view = defaultView;
    open = stacks.get(view) ?? [];
    stacks.set(view, open);
    if (!open.includes(box)) open.push(box);
    listen(true);
    replace();
  };
}

const clamp = (at: number, least: number, most: number): string =>
  `${Math.max(least + gap, Math.min(at, most - gap))}px`;

/** Below its anchor where there is room, else above. */
export const beside =
  (anchor: HTMLElement): Place =>
  (box, room) => {
    const { left, right, top, bottom } = anchor.getBoundingClientRect();
    const { offsetWidth, offsetHeight } = box;
    const [below, above] = [bottom + gap, top - gap - offsetHeight];
    const isRtl = getComputedStyle(box).direction === 'rtl';
    return [isRtl ? right - offsetWidth : left, below + offsetHeight > room.bottom && above > room.top ? above : below];
  };

/** Over its anchor, as if it had grown from there towards the middle of the window. */
export const over =
  (anchor: HTMLElement): Place =>
  ({ offsetWidth, offsetHeight }, room) => {
    const { left, right, top, bottom } = anchor.getBoundingClientRect();
    return [
      left + right < room.width ? left : right - offsetWidth,
      top + bottom < room.top + room.bottom ? top : bottom - offsetHeight,
    ];
  };
