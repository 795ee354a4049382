/** What came over a websocket, and when. */
export class CallMeter {
  #openedMs = performance.now();
  /** By their `type`, with when the first came. */
  readonly #texts = new Map<string, { count: number; firstMs: number }>();
  readonly #sizes = new Map<number, number>();
  readonly #arrivalsMs: number[] = [];
  #audioSeconds = 0;

  /** The websocket is open: times count from now. */
  open(): void {
    this.#openedMs = performance.now();
  }

  /** Counts a text message and answers its fields, none where it is not a JSON object. */
  addText(text: string): Readonly<Record<string, unknown>> {
    const message = readMessage(text);
    const type = message ? nameOf(message['type']) : '(not JSON)';
    const seen = this.#texts.get(type);
    if (seen) seen.count += 1;
    else this.#texts.set(type, { count: 1, firstMs: this.#elapsedMs });
    return message ?? {};
  }

  addBinary(byteLength: number, audioSeconds: number): void {
    this.#audioSeconds += audioSeconds;
    this.#arrivalsMs.push(this.#elapsedMs);
    this.#sizes.set(byteLength, (this.#sizes.get(byteLength) ?? 0) + 1);
  }

  /** Whether a text message of this type came. */
  has(type: string): boolean {
    return this.#texts.has(type);
  }

  get binaryCount(): number {
    return this.#arrivalsMs.length;
  }

  /** Lines of the report. Times count from when the websocket opened. */
  describe(): string[] {
    const texts = [...this.#texts].map(
      ([type, { count, firstMs }]) => `${type} ×${count} (first after ${Math.round(firstMs)} ms)`,
    );
    const lines = [`text     ${texts.join(', ') || 'none'}`];
    const count = this.binaryCount;
    if (count === 0) return [...lines, 'binary   none'];
    const byCount = [...this.#sizes].sort((a, b) => b[1] - a[1]);
    const bytes = byCount.reduce((sum, [size, times]) => sum + size * times, 0);
    const sizes = byCount.slice(0, shownSizes).map(([size, times]) => `${size} B ×${times}`);
    if (byCount.length > shownSizes) sizes.push(`${byCount.length - shownSizes} other sizes`);
    const gapsMs = this.#arrivalsMs.slice(1).map((ms, index) => ms - this.#arrivalsMs[index]!);
    gapsMs.sort((a, b) => a - b);
    const gaps = gapsMs.length
      ? `, gaps: median ${gapsMs[gapsMs.length >> 1]!.toFixed(1)} ms, longest ${Math.round(gapsMs.at(-1)!)} ms`
      : '';
    return [
      ...lines,
      `binary   ${count} messages, ${bytes} B, ${this.#audioSeconds.toFixed(2)} s of audio: ${sizes.join(', ')}`,
      `pacing   first after ${Math.round(this.#arrivalsMs[0]!)} ms, last after ${Math.round(this.#arrivalsMs.at(-1)!)} ms${gaps}`,
    ];
  }

  get #elapsedMs(): number {
    return performance.now() - this.#openedMs;
  }
}

const shownSizes = 6;

function readMessage(text: string): Record<string, unknown> | undefined {
  try {
    const message = JSON.parse(text) as unknown;
    return typeof message === 'object' && message !== null ? (message as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** A type as it may be printed: a name, and nothing else that someone has put there. */
function nameOf(type: unknown): string {
  if (type === undefined) return '(no type)';
  return typeof type === 'string' && /^[a-z][\w.:-]{0,39}$/i.test(type) ? type : '(other)';
}
