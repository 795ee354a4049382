import type { SocketCommand } from '../protocol/socket-host.js';
import { drawLevels, hostSocket, type Side } from './host.js';

/**
 * What the worker is told: what to open, and later to end it, which it answers when the connection is closed; or, another
 * worker, what to draw.
 */
export type WorkerCommand =
  { readonly port: MessagePort; readonly command: SocketCommand } | { readonly sid: string | undefined } | DrawCommand;

/** How both sides look, and where their levels come from if that is new. */
export interface DrawCommand {
  readonly sides: readonly Side[];
  readonly levels: MessagePort | undefined;
}

let end: ReturnType<typeof hostSocket> | undefined;

onmessage = async ({ data }: MessageEvent<WorkerCommand>) => {
  if ('port' in data) {
    end = hostSocket(data.port, data.command);
  } else if ('sides' in data) {
    drawLevels(data.sides, data.levels);
  } else {
    await end?.(data.sid).closed;
    postMessage('ended');
  }
};
postMessage('ready');
