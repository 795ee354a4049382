/**
 * What the two processors know of each other. They live in one global scope and are called in turn, so no message is needed.
 * A context has one of each at most.
 */
export const doubleTalk = {
  /** The quantum that was played last: what the microphone may hear of the loudspeaker follows from it. */
  played: new Float32Array(128),
  /** Whether the visitor speaks and is not muted. */
  isVisitorSpeaking: false,
};
