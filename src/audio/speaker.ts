import type { PlaybackCommand, ProcessorOptions, SoundReport } from './worklets/messages.js';

/** Plays the agent, and tells of both sides. */
export class Speaker {
  #node: AudioWorkletNode;
  #hasLevels = false;

  /** The context must have loaded the worklet. The agent's PCM16 comes in through `link`. */
  constructor(
    context: AudioContext,
    processorOptions: ProcessorOptions,
    link: MessagePort,
    onReport: (report: SoundReport) => void,
  ) {
    this.#node = new AudioWorkletNode(context, 'synthflow-playback', {
      numberOfInputs: 0,
      outputChannelCount: [1],
      processorOptions,
    });
    this.#node.port.onmessage = ({ data }: MessageEvent<SoundReport>) => onReport(data);
    this.#tell({ type: 'link', port: link }, [link]);
    this.#node.connect(context.destination);
  }

  /** The node, for its `processorerror`. */
  get node(): AudioWorkletNode {
    return this.#node;
  }

  /** Where both sides' levels come out from now on (`Levels`), for whoever draws them; the first time only. */
  levels(): MessagePort | undefined {
    if (this.#hasLevels) return undefined;
    this.#hasLevels = true;
    const { port1, port2 } = new MessageChannel();
    this.#tell({ type: 'levels', port: port1 }, [port1]);
    return port2;
  }

  /** @param volume - 0 to 1. */
  setVolume(volume: number): void {
    this.#tell({ type: 'volume', volume });
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
