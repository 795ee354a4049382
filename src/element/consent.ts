const prefix = 'synthflow-call consent: ';

/** For pages that may keep nothing. */
const given = new Set<string>();

/** Whether the visitor has accepted just this text, in this browser; nothing needs no consent. */
export function hasConsent(text: string): boolean {
  if (!text || given.has(text)) return true;
  try {
    return localStorage.getItem(prefix + text) !== null;
  } catch {
    return false;
  }
}

/** Keeps that the visitor has accepted this text, and when. */
export function giveConsent(text: string): void {
  given.add(text);
  try {
    localStorage.setItem(prefix + text, new Date().toISOString());
  } catch {
    // Storage is forbidden or full: good for this visit.
  }
}
