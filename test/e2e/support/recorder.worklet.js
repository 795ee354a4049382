/* global AudioWorkletProcessor, registerProcessor, currentFrame */
// Records what reaches the loudspeaker: blocks of samples with the frame at which they played.
const blockQuanta = 64;

class Recorder extends AudioWorkletProcessor {
  #block = new Float32Array(128 * blockQuanta);
  #quanta = 0;
  #startFrame = 0;

  process([input]) {
    if (this.#quanta === 0) this.#startFrame = currentFrame;
    const offset = this.#quanta * 128;
    if (input[0]) this.#block.set(input[0], offset);
    else this.#block.fill(0, offset, offset + 128);
    this.#quanta = (this.#quanta + 1) % blockQuanta;
    if (this.#quanta === 0) this.port.postMessage({ frame: this.#startFrame, samples: this.#block.slice() });
    return true;
  }
}

registerProcessor('test-recorder', Recorder);
