import { html } from 'lit';

// Drawn on a 24 × 24 grid, in the colour of the text.

/** A handset; in a call the stylesheet lays it down. */
export const callIcon = html`<svg viewBox="0 0 24 24" aria-hidden="true">
  <path
    d="M6.5 3.5h2.6l1.5 4-2 1.6a13 13 0 0 0 6.3 6.3l1.6-2 4 1.5v2.6a2 2 0 0 1-2.2 2A16.6 16.6 0 0 1 4.5 5.7a2 2 0 0 1 2-2.2z"
  />
</svg>`;

/** A microphone; while muted the stylesheet shows the stroke through it. */
export const microphoneIcon = html`<svg viewBox="0 0 24 24" aria-hidden="true">
  <rect x="9" y="3" width="6" height="11" rx="3" />
  <path class="line" d="M5.5 11.5a6.5 6.5 0 0 0 13 0M12 18v3" />
  <path class="line gap" d="M4 3.5l16 17" />
  <path class="line stroke" d="M4 3.5l16 17" />
</svg>`;

/** A speech bubble. */
export const messageIcon = html`<svg viewBox="0 0 24 24" aria-hidden="true">
  <path class="line" d="M4 5h16v11H9l-5 4z" />
</svg>`;

/** Sliders. */
export const settingsIcon = html`<svg viewBox="0 0 24 24" aria-hidden="true">
  <path class="line" d="M4 8h9M19 8h1M4 16h1M11 16h9" />
  <circle cx="16" cy="8" r="2.5" />
  <circle cx="8" cy="16" r="2.5" />
</svg>`;
