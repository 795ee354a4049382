/** Room between the panel and its anchor, and between the panel and the edge of the window, in px. */
const gap = 8;

/** Shows the panel, where there is something in it, or hides it; places it again where its text has changed. */
export type TogglePanel = (isOpen: boolean) => void;

/**
 * Keeps a popover beside its anchor: below where there is room, else above; never outside the window. (CSS anchor
 * positioning is younger than our baseline.)
 * @param onEscape - Called for the Escape key, wherever the focus is, while the panel is open.
 */
export function createPanel(panel: HTMLElement, anchor: HTMLElement, onEscape: () => void): TogglePanel {
  // The page may move both to another window, such as an iframe's.
  let view: Window = window;
  const place = (): void => {
    const { left, right, top, bottom } = anchor.getBoundingClientRect();
    const { offsetWidth, offsetHeight, style } = panel;
    const [below, above] = [bottom + gap, top - gap - offsetHeight];
    const clamp = (at: number, room: number) => `${Math.max(gap, Math.min(at, room - gap))}px`;
    const { innerWidth, innerHeight } = view;
    const isRtl = getComputedStyle(panel).direction === 'rtl';
    style.left = clamp(isRtl ? right - offsetWidth : left, innerWidth - offsetWidth);
    style.top = clamp(below + offsetHeight > innerHeight && above > 0 ? above : below, innerHeight - offsetHeight);
  };
  const onKey = ({ key }: KeyboardEvent): void => {
    if (key === 'Escape') onEscape();
  };
  return (isOpen) => {
    const { defaultView } = panel.ownerDocument;
    // The page may have taken us out of the document meanwhile, which closes a popover by itself.
    const canOpen = isOpen && panel.isConnected && panel.childElementCount > 0 && !!defaultView;
    // In an iframe that is gone nothing can be closed.
    if (defaultView && panel.matches(':popover-open') !== canOpen) panel.togglePopover(canOpen);
    const listen = (isOn: boolean) => {
      const change = isOn ? 'addEventListener' : 'removeEventListener';
      view[change]('scroll', place, true);
      view[change]('resize', place);
      view[change]('keydown', onKey as EventListener);
    };
    listen(false);
    if (!canOpen) return;
    view = defaultView;
    listen(true);
    place();
  };
}
