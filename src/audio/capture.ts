import type { CaptureCommand, ProcessorOptions } from './worklets/messages.js';

/** Turns a microphone's stream into chunks of PCM16. */
export class Capture {
  #context: AudioContext;
  // Both are kept: a source without a reference may be collected, and then gives silence.
  #source: MediaStreamAudioSourceNode;
  #node: AudioWorkletNode;

  /** The context must have loaded the worklet. Chunks leave through `link`, and their buffers come back there. */
  constructor(context: AudioContext, stream: MediaStream, processorOptions: ProcessorOptions, link: MessagePort) {
    this.#context = context;
    this.#source = context.createMediaStreamSource(stream);
    this.#node = new AudioWorkletNode(context, 'synthflow-capture', {
      numberOfOutputs: 0,
      channelCount: 1,
      channelCountMode: 'explicit',
      processorOptions,
    });
    this.#tell({ type: 'link', port: link }, [link]);
    this.#source.connect(this.#node);
  }

  /** The node, for its `processorerror`. */
  get node(): AudioWorkletNode {
    return this.#node;
  }

  /** Goes on with another microphone. */
  setStream(stream: MediaStream): void {
    const source = this.#context.createMediaStreamSource(stream);
    this.#source.disconnect();
    this.#source = source;
    source.connect(this.#node);
  }

  /** While muted the chunks go on, filled with silence. */
  setMuted(muted: boolean): void {
    this.#tell({ type: 'mute', muted });
  }

  /** Ends the chunks. {@link disconnect} comes later, when the processor has heard of it. */
  stop(): void {
    this.#tell({ type: 'stop' });
    this.#node.port.close();
  }

  /** Lets go of the microphone's stream. */
  disconnect(): void {
    this.#source.disconnect();
  }

  #tell(command: CaptureCommand, transfer: Transferable[] = []): void {
    this.#node.port.postMessage(command, transfer);
  }
}
