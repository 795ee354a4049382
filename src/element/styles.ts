/** In these words editors and formatters know what it is. */
const css = String.raw;

/** Pill, icon, card and their panel. Nothing leaks out, and what the page says of `*` or `button` does not reach in. */
export const styles = css`
  :host {
    --_accent: var(--synthflow-accent, #4f46e5);
    --_accent-text: var(--synthflow-accent-text, #fff);
    --_surface: var(--synthflow-surface, #fff);
    --_text: var(--synthflow-text, #1c1d22);
    --_border: var(--synthflow-border, #d9dbe3);
    --_danger: var(--synthflow-danger, #c8242f);
    --_success: var(--synthflow-success, #12805c);
    --_size: var(--synthflow-size, 56px);
    --_radius: var(--synthflow-radius, 999px);
    --_width: calc(var(--_size) * 4.75);
    --_height: var(--_size);
    --_card-width: calc(var(--_size) * 5.75);
    --_card-height: calc(var(--_size) * 4);
    display: inline-block;
    width: var(--_width);
    height: var(--_height);
    max-width: 100%;
    vertical-align: middle;
    color-scheme: light;
  }
  :host([hidden]) {
    display: none !important;
  }
  :host([size='small']) {
    --_size: var(--synthflow-size, 44px);
  }
  :host([size='large']) {
    --_size: var(--synthflow-size, 68px);
  }
  :host([variant='card']) {
    --_width: var(--_card-width);
    --_height: var(--_card-height);
  }
  :host([variant='icon']),
  :host([variant='card'][position*='-']) {
    --_width: var(--_size);
    --_height: var(--_size);
  }
  :host([position*='-']) {
    --_offset: var(--synthflow-offset, 20px);
    position: fixed;
    z-index: var(--synthflow-z-index, 2147483000);
    max-width: calc(100vw - 2 * var(--_offset));
  }
  :host([position^='top-']) {
    top: calc(var(--_offset) + env(safe-area-inset-top));
  }
  :host([position^='bottom-']) {
    bottom: calc(var(--_offset) + env(safe-area-inset-bottom));
  }
  :host([position$='-left']) {
    left: calc(var(--_offset) + env(safe-area-inset-left));
  }
  :host([position$='-right']) {
    right: calc(var(--_offset) + env(safe-area-inset-right));
  }
  @media print {
    :host {
      display: none !important;
    }
  }
  :host([theme='dark']) {
    --_surface: var(--synthflow-surface, #1b1c22);
    --_text: var(--synthflow-text, #f3f4f7);
    --_border: var(--synthflow-border, #3a3c47);
    --_danger: var(--synthflow-danger, #ff6b72);
    --_success: var(--synthflow-success, #4cc79a);
    color-scheme: dark;
  }
  @media (prefers-color-scheme: dark) {
    :host(:not([theme='light'])) {
      --_surface: var(--synthflow-surface, #1b1c22);
      --_text: var(--synthflow-text, #f3f4f7);
      --_border: var(--synthflow-border, #3a3c47);
      --_danger: var(--synthflow-danger, #ff6b72);
      --_success: var(--synthflow-success, #4cc79a);
      color-scheme: dark;
    }
  }

  /* What a page gives to every element by inheritance ends here. */
  .call,
  .panel {
    all: initial;
    box-sizing: border-box;
    color-scheme: inherit;
    direction: inherit;
    visibility: inherit;
    color: var(--_text);
    background: var(--_surface);
    border: 1px solid var(--_border);
    box-shadow: var(--synthflow-shadow, 0 6px 20px rgb(16 18 30 / 0.14));
    font: 500 15px/1.4 var(--synthflow-font, system-ui, sans-serif);
    --_hover: color-mix(in srgb, var(--_text) 10%, transparent);
  }
  /*
   * Black or white, whichever is better to read on the accent: at least 4.5:1 (WCAG 2.2), since at a luminance of 0.179
   * both are 4.58:1. By CSS, since some colours follow the theme. Away from it under the pointer.
   */
  @supports (color: rgb(from red calc(r + 0) g b)) {
    .call,
    .panel {
      --_white: clamp(0, (0.179 - 0.2126 * r - 0.7152 * g - 0.0722 * b) * 1e6, 1);
      --_accent-text: var(
        --synthflow-accent-text,
        color(from var(--_accent) srgb-linear var(--_white) var(--_white) var(--_white))
      );
      --_accent-hover: color(from var(--_accent-text) srgb calc(1 - r) calc(1 - g) calc(1 - b) / 0.1);
    }
  }
  [dir='rtl'] {
    direction: rtl;
  }
  /* Words of another direction than the page's keep their own, where they would be. */
  :is(.call, .panel) * {
    unicode-bidi: plaintext;
    text-align: -webkit-match-parent;
    text-align: match-parent;
  }
  .call {
    display: flex;
    align-items: center;
    gap: calc(var(--_size) * 0.14);
    width: 100%;
    height: 100%;
    padding-inline: calc(var(--_size) * 0.28) calc(var(--_size) * 0.13);
    font-size: calc(9px + var(--_size) * 0.107);
    border-radius: var(--_radius);
    overflow: hidden;
  }
  /* In the top layer, over its launcher. */
  .call:popover-open {
    position: fixed;
    width: min(var(--_card-width), 100vw - 16px);
    height: var(--_card-height);
  }
  .icon,
  .pill.idle {
    padding: 0;
    border: 0;
  }
  .row {
    display: contents;
  }
  .card {
    flex-direction: column;
    align-items: stretch;
    gap: calc(var(--_size) * 0.16);
    padding: calc(var(--_size) * 0.25);
    border-radius: min(var(--_radius), 20px);
    overflow: auto;
  }
  .card .row {
    display: flex;
    align-items: center;
    gap: 8px;
  }
  .heading {
    font-weight: 600;
  }
  .small {
    font-size: 13px;
    opacity: 0.85;
  }
  .note {
    flex: 1;
    min-height: 1.4em;
    overflow: auto;
  }
  .avatar {
    flex: none;
    display: grid;
    place-items: center;
    width: calc(var(--_size) * 0.75);
    height: calc(var(--_size) * 0.75);
    border-radius: 50%;
    overflow: hidden;
    color: var(--_accent-text);
    background-color: var(--_accent);
  }
  img,
  ::slotted([slot='avatar']) {
    width: 100%;
    height: 100%;
    object-fit: cover;
  }

  button,
  .main {
    all: unset;
    box-sizing: border-box;
    display: flex;
    align-items: center;
    justify-content: center;
    gap: 8px;
    flex: none;
    height: calc(var(--_size) * 0.71);
    min-width: calc(var(--_size) * 0.71);
    border-radius: var(--_radius);
    font-weight: 600;
    white-space: nowrap;
    cursor: pointer;
  }
  :is(button, .main):hover {
    background-image: linear-gradient(var(--_hover), var(--_hover));
  }
  :focus-visible {
    outline: 2px solid var(--_text);
    outline-offset: 1px;
  }
  :disabled {
    opacity: 0.5;
  }
  .main {
    --_hover: var(--_accent-hover, rgb(0 0 0 / 0.1));
    color: var(--_accent-text);
    background-color: var(--_accent);
  }
  .panel :is(.main, .plain) {
    padding: 0 16px;
  }
  .linked {
    padding-inline-start: calc(var(--_size) * 0.13);
  }
  .linked .main:not(.plain) {
    flex: 1;
    min-width: 0;
  }
  .pill.failed .main:not(.plain) {
    flex: initial;
    padding: 0 calc(var(--_size) * 0.2);
  }
  .pill.failed .status {
    flex: auto;
    min-width: min-content;
  }
  .pill.idle .main,
  .icon .main {
    flex: 1;
    min-width: 0;
    height: 100%;
  }
  .pill.idle .main,
  .card .main {
    flex: 1;
    padding: 0 calc(var(--_size) * 0.2);
  }
  .pill.idle .main:focus-visible,
  .icon .main:focus-visible {
    outline-color: var(--_accent-text);
    outline-offset: -6px;
  }
  .running:not(.icon) .main {
    --_hover: inherit;
    color: var(--_surface);
    background-color: var(--_danger);
  }
  .running:not(.icon) .main svg {
    transform: rotate(135deg);
  }
  /* A launcher whose card is closed shows the call, and does not end it. */
  .icon.running .main {
    animation: glow 1.2s ease-in-out infinite alternate;
  }
  @keyframes glow {
    to {
      opacity: 0.6;
    }
  }
  .icon.failed .main:not(:focus-visible) {
    outline: 3px solid var(--_danger);
    outline-offset: -3px;
  }
  .mute,
  .settings,
  .plain {
    --_hover: inherit;
    color: inherit;
    background-color: var(--_hover);
  }
  .muted .mute {
    color: var(--_surface);
    background-color: var(--_text);
  }
  /* A finger that holds it neither scrolls nor selects. */
  .mute {
    touch-action: none;
    user-select: none;
    -webkit-user-select: none;
  }

  svg {
    display: block;
    width: 22px;
    height: 22px;
    fill: currentColor;
  }
  .line {
    fill: none;
    stroke: currentColor;
    stroke-width: 2;
    stroke-linecap: round;
  }
  .gap {
    stroke: var(--_text);
    stroke-width: 5;
  }
  .call:not(.muted) :is(.gap, .stroke) {
    display: none;
  }

  .indicator {
    box-sizing: border-box;
    flex: none;
    width: calc(var(--_size) * 0.1 + 13px);
    aspect-ratio: 1;
    margin-inline-end: auto;
    border: 2.5px solid var(--_border);
    border-radius: 50%;
  }
  /* Room for words beside the fallback. */
  .pill.ended:has(.plain) .indicator {
    display: none;
  }
  .running:not(.active) .indicator {
    border-top-color: currentColor;
    animation: turn 0.9s linear infinite;
  }
  @keyframes turn {
    to {
      transform: rotate(1turn);
    }
  }
  .failed .indicator {
    text-align: center;
    border-color: currentColor;
    color: var(--_danger);
    font-size: 13px;
    line-height: calc(var(--_size) * 0.1 + 9px);
  }
  .visualizer {
    display: flex;
    gap: 6px;
    height: 26px;
    margin-inline-end: auto;
    overflow: hidden;
  }
  canvas {
    width: 16px;
    animation: 1s;
  }
  canvas:first-child {
    color: var(--_success);
  }

  .titles,
  .titles > * {
    min-width: 0;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .titles,
  .status {
    flex: 1;
  }
  /* Two lines at most. */
  .status,
  .label {
    min-width: 0;
    overflow: hidden;
    display: -webkit-box;
    -webkit-box-orient: vertical;
    -webkit-line-clamp: 2;
    /* High letters need more than the lines. */
    padding-block: 3px;
    line-height: 1.1;
    white-space: normal;
    text-wrap: balance;
    overflow-wrap: break-word;
    hyphens: auto;
  }
  .label {
    text-align: center;
  }
  .pill .status {
    font-size: min(1em, var(--_size) * 0.27);
  }
  /* What comes before the last digit, and all ten of those in one place. */
  .timer > * {
    direction: ltr;
    display: inline-grid;
    font-variant-numeric: tabular-nums;
  }
  bdi {
    grid-area: 1 / 2;
    visibility: hidden;
  }
  .seen {
    visibility: inherit;
  }
  .pill.active .timer {
    flex: 1;
    min-width: 0;
    overflow: hidden;
  }
  .unseen {
    position: absolute;
    width: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }

  .panel {
    position: fixed;
    max-width: min(320px, 100vw - 16px);
    padding-block: 12px;
    padding-inline: 16px 40px;
    border-radius: 14px;
    font-size: 14px;
    overflow: auto;
    overflow-wrap: break-word;
    display: none;
  }
  .panel:popover-open {
    display: block;
  }
  p {
    margin: 0 0 4px;
  }
  .panel label {
    display: grid;
    gap: 2px;
    margin-block-end: 8px;
  }
  select,
  input {
    box-sizing: border-box;
    width: 100%;
    min-height: 28px;
    margin: 0;
    font: inherit;
    accent-color: var(--_accent);
  }
  .panel .row {
    display: flex;
    flex-wrap: wrap;
    gap: 8px;
    margin-block-start: 8px;
  }
  a:not(.main) {
    color: inherit;
  }
  a.main {
    text-decoration: none;
  }
  .panel > .close {
    position: absolute;
    inset-block-start: 6px;
    inset-inline-end: 6px;
  }
  .close {
    height: 28px;
    min-width: 28px;
    font-size: 20px;
    line-height: 1;
  }

  @media (prefers-reduced-motion: reduce) {
    .call * {
      animation: none !important;
    }
  }
  /* Colours of the visitor's own: what a background said is said by a border. */
  @media (forced-colors: active) {
    button,
    .main {
      border: 1px solid;
    }
    .muted .mute {
      color: HighlightText;
      background: Highlight;
      forced-color-adjust: none;
    }
    .gap {
      stroke: Highlight;
    }
    .running:not(.active) .indicator {
      border-color: GrayText;
      border-top-color: Highlight;
    }
  }
`;
