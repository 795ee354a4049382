import type { Random } from './random.js';

/** Text messages that nobody documented but a real agent might send. */
export const chatter: readonly string[] = [
  '{"type":"transcript","role":"agent","text":"Hello! I am a simulated agent."}',
  '{"type":"variables","values":{"name":"Ada","visits":3}}',
  '{"type":"status_agent_thinking"}',
  '{"event":"no type here"}',
  'plain words, not JSON',
  '{"type":"transcript","role":"visitor","text":"Grüße, 你好, 👋"}',
];

/** Text messages that break a client which trusts what it reads. */
export const malformedTexts: readonly string[] = [
  '',
  '{',
  'null',
  '42',
  '"status_agent_ready"',
  '[]',
  '[{"type":"status_agent_ready"}]',
  'undefined',
  '{"type":null}',
  '{"type":{"toString":1}}',
  '{"type":"constructor"}',
  '{"__proto__":{"type":"status_agent_ready"}}',
  '\u0000\ufeff{"type":"status_agent_read',
  '{"a":'.repeat(20_000) + '1' + '}'.repeat(20_000),
  'x'.repeat(100_000),
];

/** A million samples of noise near -72 dBFS: 65 s at 16 kHz for one message, and nothing to hurt an ear. */
export function hugeNoise(random: Random): Int16Array {
  const samples = new Int16Array(1024 * 1024);
  for (let i = 0; i < samples.length; i++) samples[i] = Math.round((random() - 0.5) * 28);
  return samples;
}
