/* global AudioWorkletProcessor, currentFrame, registerProcessor, sampleRate */
// On the audio thread, loaded before the element's worklet. Tells when sound begins and ends, and, when asked to, writes
// into each chunk when it left the worklet: the low 32 bits of the machine's clock in ms, in place of its first samples.
const post = MessagePort.prototype.postMessage;
if (globalThis.isStamping) {
  MessagePort.prototype.postMessage = function (message, ...rest) {
    if (message instanceof ArrayBuffer && message.byteLength > 4) new Int32Array(message, 0, 1)[0] = Date.now() | 0;
    return post.call(this, message, ...rest);
  };
}

/** Quieter than this is silence; a tone crosses zero in less time than a gap takes. */
const [threshold, gapS] = [0.002, 0.002];

class Tap extends AudioWorkletProcessor {
  #isLoud = false;
  #quietSamples = 0;

  process([[samples]]) {
    for (let i = 0; i < 128; i += 1) {
      if (samples && Math.abs(samples[i]) > threshold) {
        this.#quietSamples = 0;
        if (!this.#isLoud) this.#tell(true, currentFrame + i);
      } else if (this.#isLoud && ++this.#quietSamples > gapS * sampleRate) {
        this.#tell(false, currentFrame + i - this.#quietSamples);
      }
    }
    return true;
  }

  #tell(isLoud, sample) {
    this.#isLoud = isLoud;
    post.call(this.port, { isLoud, contextMs: (sample * 1000) / sampleRate, atMs: Date.now() });
  }
}

registerProcessor('bench-tap', Tap);
