import { html } from 'lit';

// Drawn on a 24 × 24 grid; the colour is the text's.

/** A handset, held up to call. */
export const callIcon = html`<svg viewBox="0 0 24 24" aria-hidden="true">
  <path
    d="M6.5 3.5h2.6l1.5 4-2 1.6a13 13 0 0 0 6.3 6.3l1.6-2 4 1.5v2.6a2 2 0 0 1-2.2 2A16.6 16.6 0 0 1 4.5 5.7a2 2 0 0 1 2-2.2z"
  />
</svg>`;

/** A handset, laid down. */
export const hangUpIcon = html`<svg viewBox="0 0 24 24" aria-hidden="true">
  <path
    d="M2.8 14.3a13 13 0 0 1 18.4 0l-1.8 2.7-4-1.4v-2.6a12 12 0 0 0-6.8 0v2.6l-4 1.4z"
  />
</svg>`;

/** A microphone. */
export const microphoneIcon = html`<svg viewBox="0 0 24 24" aria-hidden="true">
  <rect x="9" y="3" width="6" height="11" rx="3" />
  <path class="line" d="M5.5 11.5a6.5 6.5 0 0 0 13 0M12 18v3" />
</svg>`;

/** A microphone, struck out. */
export const mutedIcon = html`<svg viewBox="0 0 24 24" aria-hidden="true">
  <rect x="9" y="3" width="6" height="11" rx="3" />
  <path class="line" d="M5.5 11.5a6.5 6.5 0 0 0 13 0M12 18v3" />
  <path class="line gap" d="M4 3.5l16 17" />
  <path class="line" d="M4 3.5l16 17" />
</svg>`;

/** A warning. */
export const alertIcon = html`<svg viewBox="0 0 24 24" aria-hidden="true">
  <circle class="line" cx="12" cy="12" r="9" />
  <path class="line" d="M12 7.5v5.5M12 16.3v.200" />
</svg>`;

/** A cross. */
export const closeIcon = html`<svg viewBox="0 0 24 24" aria-hidden="true">
  <path class="line" d="M6.5 6.5l11 11M17.5 6.5l-11 11" />
</svg>`;
