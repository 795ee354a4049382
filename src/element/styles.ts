import { css } from 'lit';

/** The pill and its panel. Nothing leaks out, and what the page says of `*` or `button` does not reach in. */
export const styles = css`
  :host {
    --_accent: var(--synthflow-accent, #4f46e5);
    --_accent-text: var(--synthflow-accent-text, #fff);
    --_surface: var(--synthflow-surface, #fff);
    --_text: var(--synthflow-text, #1c1d22);
    --_border: var(--synthflow-border, #d9dbe3);
    --_danger: var(--synthflow-danger, #c8242f);
    --_success: var(--synthflow-success, #12805c);
    --_shadow: var(--synthflow-shadow, 0 1px 2px rgb(16 18 30 / 0.1), 0 6px 20px rgb(16 18 30 / 0.12));
    --_size: var(--synthflow-size, 56px);
    --_radius: var(--synthflow-radius, 999px);
    --_hover: #000;
    display: inline-block;
    inline-size: calc(var(--_size) * 4.75);
    block-size: var(--_size);
    max-inline-size: 100%;
    vertical-align: middle;
    color-scheme: light;
  }
  :host([hidden]) {
    display: none;
  }
  :host([theme='dark']) {
    --_surface: var(--synthflow-surface, #1b1c22);
    --_text: var(--synthflow-text, #f3f4f7);
    --_border: var(--synthflow-border, #3a3c47);
    --_danger: var(--synthflow-danger, #ff6b72);
    --_success: var(--synthflow-success, #4cc79a);
    --_shadow: var(--synthflow-shadow, 0 1px 2px rgb(0 0 0 / 0.4), 0 6px 20px rgb(0 0 0 / 0.4));
    --_hover: #fff;
    color-scheme: dark;
  }
  @media (prefers-color-scheme: dark) {
    :host(:not([theme='light'])) {
      --_surface: var(--synthflow-surface, #1b1c22);
      --_text: var(--synthflow-text, #f3f4f7);
      --_border: var(--synthflow-border, #3a3c47);
      --_danger: var(--synthflow-danger, #ff6b72);
      --_success: var(--synthflow-success, #4cc79a);
      --_shadow: var(--synthflow-shadow, 0 1px 2px rgb(0 0 0 / 0.4), 0 6px 20px rgb(0 0 0 / 0.4));
      --_hover: #fff;
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
    color: var(--_text);
    background: var(--_surface);
    font: 500 15px/1.3 var(--synthflow-font, system-ui, sans-serif);
    -webkit-tap-highlight-color: transparent;
  }
  .call *,
  .panel * {
    box-sizing: border-box;
  }
  .call {
    display: flex;
    align-items: center;
    gap: 8px;
    inline-size: 100%;
    block-size: 100%;
    padding: 0 7px 0 16px;
    border: 1px solid var(--_border);
    border-radius: var(--_radius);
    box-shadow: var(--_shadow);
    overflow: hidden;
  }
  .call.idle {
    padding: 0;
    border-color: transparent;
    background: var(--_accent);
  }
  .call:dir(rtl) {
    padding: 0 16px 0 7px;
  }
  .call.idle:dir(rtl) {
    padding: 0;
  }

  button {
    all: unset;
    box-sizing: border-box;
    display: inline-flex;
    align-items: center;
    justify-content: center;
    gap: 8px;
    flex: none;
    block-size: 40px;
    min-inline-size: 40px;
    border-radius: var(--_radius);
    color: inherit;
    font: inherit;
    font-weight: 600;
    white-space: nowrap;
    cursor: pointer;
    user-select: none;
    transition: background-color 0.15s;
  }
  button:focus-visible {
    outline: 2px solid var(--_text);
    outline-offset: 1px;
  }
  button:disabled {
    cursor: not-allowed;
    opacity: 0.55;
  }
  .main {
    padding: 0 16px;
    color: var(--_accent-text);
    background: var(--_accent);
  }
  .main:not(:disabled):hover {
    background: color-mix(in srgb, var(--_accent), #000 12%);
  }
  .idle .main {
    flex: 1;
    min-inline-size: 0;
    block-size: 100%;
    font-size: 16px;
  }
  .idle .main:focus-visible {
    outline: 2px solid var(--_accent-text);
    outline-offset: -6px;
  }
  .main.round {
    padding: 0;
  }
  .main.running {
    color: var(--_surface);
    background: var(--_danger);
  }
  .main.running:not(:disabled):hover {
    background: color-mix(in srgb, var(--_danger), var(--_hover) 12%);
  }
  .mute {
    background: color-mix(in srgb, var(--_text), transparent 92%);
  }
  .mute:hover {
    background: color-mix(in srgb, var(--_text), transparent 85%);
  }
  .mute[aria-pressed='true'] {
    color: var(--_surface);
    background: var(--_text);
  }
  .label {
    overflow: hidden;
    text-overflow: ellipsis;
  }

  svg {
    display: block;
    flex: none;
    inline-size: 22px;
    block-size: 22px;
    fill: currentColor;
  }
  svg .line {
    fill: none;
    stroke: currentColor;
    stroke-width: 2;
    stroke-linecap: round;
    stroke-linejoin: round;
  }
  svg .gap {
    stroke: var(--_text);
    stroke-width: 5;
  }

  .indicator {
    display: flex;
    flex: none;
    align-items: center;
    justify-content: center;
    min-inline-size: 22px;
  }
  .failed .indicator {
    color: var(--_danger);
  }
  .dot {
    inline-size: 10px;
    block-size: 10px;
    border-radius: 50%;
    background: var(--_border);
  }
  .spinner {
    inline-size: 20px;
    block-size: 20px;
    border: 2.5px solid var(--_border);
    border-block-start-color: var(--_accent);
    border-radius: 50%;
    animation: turn 0.9s linear infinite;
  }
  @keyframes turn {
    to {
      transform: rotate(1turn);
    }
  }
  .visualizer {
    display: flex;
    gap: 7px;
    block-size: 26px;
  }
  .side {
    display: flex;
    align-items: center;
    gap: 2.5px;
    color: var(--_success);
  }
  .side + .side {
    color: var(--_accent);
  }
  .side i {
    inline-size: 3.5px;
    block-size: 100%;
    border-radius: 2px;
    background: currentColor;
    transform: scaleY(calc(0.16 + 0.84 * var(--level, 0) * var(--share, 0.7)));
    transition: transform 0.08s linear;
  }
  .side i:nth-child(2) {
    --share: 1;
  }
  .muted .side:first-child {
    opacity: 0.35;
  }

  .status {
    flex: 1;
    min-inline-size: 0;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .timer {
    font-variant-numeric: tabular-nums;
  }
  .active .timer {
    flex: 1;
  }
  .ended .timer {
    color: color-mix(in srgb, var(--_text), transparent 30%);
  }
  .unseen {
    position: absolute;
    inline-size: 1px;
    block-size: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }

  .panel {
    position: fixed;
    inset: auto;
    margin: 0;
    inline-size: max-content;
    max-inline-size: min(320px, calc(100vw - 16px));
    padding: 12px 40px 12px 16px;
    border: 1px solid var(--_border);
    border-radius: 14px;
    box-shadow: var(--_shadow);
    font-size: 14px;
    font-weight: 400;
    line-height: 1.45;
    overflow-wrap: break-word;
  }
  .panel:not(:popover-open) {
    display: none;
  }
  .panel p {
    margin: 0;
  }
  .panel p + p {
    margin-block-start: 6px;
  }
  .disclosure {
    color: color-mix(in srgb, var(--_text), transparent 20%);
  }
  .panel .close {
    position: absolute;
    inset-block-start: 6px;
    inset-inline-end: 6px;
    block-size: 28px;
    min-inline-size: 28px;
  }
  .close svg {
    inline-size: 16px;
    block-size: 16px;
  }

  @media (prefers-reduced-motion: reduce) {
    .spinner {
      animation: none;
      border-style: dotted;
    }
    .side i,
    button {
      transition: none;
    }
  }
  @media (forced-colors: active) {
    .main,
    .mute {
      border: 1px solid ButtonText;
    }
    .mute[aria-pressed='true'] {
      color: HighlightText;
      background: Highlight;
    }
    .side i {
      background: CanvasText;
    }
    button:focus-visible,
    .idle .main:focus-visible {
      outline-color: Highlight;
    }
  }
  @media print {
    :host {
      display: none;
    }
  }
`;
