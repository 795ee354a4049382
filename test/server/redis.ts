import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { ensureRedis } from '../../scripts/redis.mjs';
import { freePort } from '../support/free-port.js';

/** A Redis of this test's own. */
export interface RedisServer {
  readonly url: string;
  /** Kills it, as a crash would. */
  kill(): Promise<void>;
  /** Lets it hang, and go on. */
  signal(name: 'SIGSTOP' | 'SIGCONT'): void;
}

/** Why the tests against a real Redis do not run, if they do not. */
export function redisIsMissing(): string | false {
  try {
    ensureRedis();
    return false;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Starts one on a free port, or on the port of one that was killed; it keeps nothing. */
export async function startRedis(port?: number): Promise<RedisServer> {
  const chosen = port ?? (await freePort());
  const args = ['--port', String(chosen), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  const child = spawn(ensureRedis(), args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  await ready(child);
  return {
    url: `redis://127.0.0.1:${chosen}`,
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
    signal: (name) => void child.kill(name),
  };
}

async function ready(child: ChildProcess): Promise<void> {
  for await (const line of createInterface({ input: child.stdout! })) {
    if (line.includes('Ready to accept connections')) {
      child.stdout!.resume();
      return;
    }
  }
  throw new Error('redis-server ended.');
}
