import { hostSocket, type SocketCommand } from './socket-host.js';

/** What the worker is told: first what to open, then to end it, which it answers when the connection is closed. */
export type WorkerCommand =
  { readonly port: MessagePort; readonly command: SocketCommand } | { readonly sid: string | undefined };

let end: ReturnType<typeof hostSocket> | undefined;

onmessage = async ({ data }: MessageEvent<WorkerCommand>) => {
  if ('port' in data) {
    end = hostSocket(data.port, data.command);
  } else {
    await end?.(data.sid).closed;
    postMessage('ended');
  }
};
postMessage('ready');
