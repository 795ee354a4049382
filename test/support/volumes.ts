import { replace } from './replace.js';

/** Every volume that playback is made with or told from now on. */
export function watchVolume(): number[] {
  const volumes: number[] = [];
  const { postMessage } = MessagePort.prototype;
  replace(MessagePort.prototype, 'postMessage', function (this: MessagePort, ...args: Parameters<typeof postMessage>) {
    const [message] = args as [{ type?: string; volume?: number } | undefined];
    if (message?.type === 'volume') volumes.push(message.volume!);
    postMessage.apply(this, args);
  });
  const Node = AudioWorkletNode;
  replace(
    globalThis,
    'AudioWorkletNode',
    class extends Node {
      constructor(context: BaseAudioContext, name: string, options?: AudioWorkletNodeOptions) {
        super(context, name, options);
        const { volume } = (options?.processorOptions ?? {}) as { volume?: number };
        if (name === 'synthflow-playback' && volume !== undefined) volumes.push(volume);
      }
    },
  );
  return volumes;
}
