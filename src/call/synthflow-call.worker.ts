import type { SocketCommand } from '../protocol/socket-host.js';
import { drawLevels, hostSocket, type Side } from './host.js';

/**
 * What the worker is told: first what to open, then what to draw, and at last to end it, which it answers when the connection
 * is closed.
 */
export type WorkerCommand =
  | { readonly port: MessagePort; readonly command: SocketCommand }
  | { readonly sides: readonly Side[] }
  | { readonly sid: string | undefined };

let end: ReturnType<typeof hostSocket> | undefined;

onmessage = async ({ data }: MessageEvent<WorkerCommand>) => {
  if ('port' in data) {
    end = hostSocket(data.port, data.command);
  } else if ('sides' in data) {
    drawLevels(data.sides);
  } else {
    await end?.(data.sid).closed;
    postMessage('ended');
  }
};
postMessage('ready');
