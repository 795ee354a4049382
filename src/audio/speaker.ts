import type { PlaybackCommand, PlaybackReport, ProcessorOptions } from './worklets/messages.js';

/** Time constant of volume changes: too slow to click, too fast to notice. */
const smoothingS = 0.004;

/** Plays the agent: worklet → volume → the device. */
export class Speaker {
  #context: AudioContext;
  #node: AudioWorkletNode;
  #gain: GainNode;

  /** The context must have loaded the worklet. The agent's PCM16 comes in through `link`. */
  constructor(
    context: AudioContext,
    processorOptions: ProcessorOptions,
    link: MessagePort,
    onReport: (report: PlaybackReport) => void,
  ) {
    this.#context = context;
    this.#gain = context.createGain();
    this.#node = new AudioWorkletNode(context, 'synthflow-playback', {
      numberOfInputs: 0,
      outputChannelCount: [1],
      processorOptions,
    });
    this.#node.port.onmessage = ({ data }: MessageEvent<PlaybackReport>) => onReport(data);
    this.#tell({ type: 'link', port: link }, [link]);
    this.#node.connect(this.#gain).connect(context.destination);
  }

  /** The node, for its `processorerror`. */
  get node(): AudioWorkletNode {
    return this.#node;
  }

  /** @param volume - 0 to 1; what is beyond is cut off, and what is no number is silence. */
  setVolume(volume: number): void {
    this.#gain.gain.setTargetAtTime(Math.max(0, Math.min(1, volume)) || 0, this.#context.currentTime, smoothingS);
  }

  /** Fades what plays within 10 ms and drops all that is buffered now. */
  flush(): void {
    this.#tell({ type: 'flush' });
  }

  /** Fades out and ends, within 20 ms. */
  stop(): void {
    this.#tell({ type: 'stop' });
    this.#node.port.close();
  }

  #tell(command: PlaybackCommand, transfer: Transferable[] = []): void {
    this.#node.port.postMessage(command, transfer);
  }
}
