const minSecretLength = 7;

/** Strings that a report must not hold; they become an ellipsis wherever they stand. */
export class Secrets {
  readonly #texts = new Set<string>();

  /** Takes a secret, and the ways in which it might be written. */
  add(text: string): void {
    // Anything shorter is a word or a number that the report is made of.
    if (text.length < minSecretLength) return;
    const forms = [
      text,
      encodeURIComponent(text),
      Buffer.from(text).toString('base64'),
      JSON.stringify(text).slice(1, -1),
    ];
    for (const form of forms) this.#texts.add(form);
  }

  /** Takes a URL and what in it opens something: user, path, each value of its query. */
  addUrl(text: string): void {
    if (!URL.canParse(text)) return;
    const { username, password, pathname, search, searchParams } = new URL(text);
    for (const part of [text, username, password, search, ...searchParams.values()]) this.add(part);
    if (pathname !== '/') this.add(pathname);
  }

  redact(text: string): string {
    let redacted = text;
    // The longest first, so that none is left in part.
    for (const secret of [...this.#texts].sort((a, b) => b.length - a.length)) {
      redacted = redacted.replaceAll(secret, '…');
    }
    return redacted;
  }
}

/** The beginning of an id, enough for its owner to find it and for nobody else to use it. */
export function shorten(id: string): string {
  return `${id.slice(0, Math.min(8, Math.floor(id.length / 2)))}…`;
}
