import type { Random } from '../random.js';

/** Shares of packets, 0 to 1; the scenario's knobs of the same names. */
export interface LossyLineOptions {
  lossShare: number;
  reorderShare: number;
  duplicateShare: number;
}

/** A line between the agent and the visitor that loses packets, doubles them and lets them overtake each other. */
export class LossyLine {
  readonly #options: LossyLineOptions;
  readonly #random: Random;
  #held: Uint8Array[] | undefined;

  constructor(options: LossyLineOptions, random: Random) {
    this.#options = options;
    this.#random = random;
  }

  /** Takes a packet; gives those that arrive now. */
  pass(packet: Uint8Array): Uint8Array[] {
    const { lossShare, reorderShare, duplicateShare } = this.#options;
    // Three numbers for each packet: a knob that is turned moves nothing that another has done.
    const [loss, reorder, duplicate] = [this.#random(), this.#random(), this.#random()] as const;
    if (loss < lossShare) return [];
    const arriving = duplicate < duplicateShare ? [packet, packet] : [packet];
    const held = this.flush();
    if (held.length > 0) return [...arriving, ...held];
    if (reorder >= reorderShare) return arriving;
    this.#held = arriving;
    return [];
  }

  /** Gives what no later packet will overtake any more. */
  flush(): Uint8Array[] {
    const held = this.#held ?? [];
    this.#held = undefined;
    return held;
  }
}
