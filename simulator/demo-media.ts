import { type Flags, UsageError } from '../server/environment.js';
import type { MediaAgentOptions } from '../server/resolve-agents.js';

/** How the demo's agents speak WebSocket media; the defaults are those of a `media` agent. */
export type DemoMedia = Pick<MediaAgentOptions, 'codec' | 'framing' | 'bind'>;

const choices = {
  protocol: ['pcm', 'media'],
  codec: ['l16', 'pcmu', 'pcma', 'opus'],
  framing: ['payload', 'rtp'],
} as const;

/** The demo's flags beside `--port` and `--host`, as `parseArgs` takes them. */
export const demoMediaFlags = {
  protocol: { type: 'string' },
  codec: { type: 'string' },
  framing: { type: 'string' },
  bind: { type: 'boolean' },
} as const;

/**
 * Reads the demo's flags.
 * @returns Undefined for the widget websocket.
 * @throws UsageError - one sentence on what to change.
 */
export function readDemoMedia(flags: Flags): DemoMedia | undefined {
  const protocol = read('protocol', flags) ?? 'pcm';
  const codec = read('codec', flags);
  const framing = read('framing', flags);
  const bind = flags['bind'] === true;
  if (protocol === 'pcm') {
    if (codec === undefined && framing === undefined && !bind) return undefined;
    throw new UsageError('--codec, --framing and --bind are for WebSocket media: add --protocol media.');
  }
  if (codec === 'opus' && framing === 'payload') {
    throw new UsageError('Opus goes in rtp only: leave --framing out.');
  }
  return { codec, framing, bind };
}

function read<Name extends keyof typeof choices>(name: Name, flags: Flags): (typeof choices)[Name][number] | undefined {
  const value = flags[name];
  if (value === undefined) return undefined;
  const words: readonly string[] = choices[name];
  if (typeof value !== 'string' || !words.includes(value)) {
    throw new UsageError(`--${name} must be one of ${words.join(', ')}.`);
  }
  return value as (typeof choices)[Name][number];
}
