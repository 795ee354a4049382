import { LevelMeter } from '../../dsp/level-meter.js';

/** Samples in each call of `process`. */
export const quantum = 128;

/**
 * What the two processors know of each other. They live in one global scope and are called in turn, so no message is needed.
 * A context has one of each at most.
 */
export const doubleTalk = {
  /** The quantum that was played last: what the microphone may hear of the loudspeaker follows from it. */
  played: new Float32Array(quantum),
  /** How loud the microphone is. */
  meter: new LevelMeter(),
  /** Whether the visitor speaks, also while muted. */
  isVisitorSpeaking: false,
  /** Whether the agent can hear that. */
  isInterrupting: false,
  /** Whether the agent hears silence instead of the microphone. */
  isMuted: false,
};
