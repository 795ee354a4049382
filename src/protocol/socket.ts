import {
  hangUp,
  hostSocket,
  type BindCommand,
  type SocketCommand,
  type SocketReport,
  type SocketStats,
} from './socket-host.js';

/** The call's end of a socket. */
export interface Socket {
  /** Binds the open socket to a call. */
  bind(sid: string): void;
  /**
   * Ends the connection and its ports, at once, and answers its last figures. Nothing is reported afterwards. Idempotent.
   * @param sid - A call to bind first, so that it ends as well.
   */
  close(sid?: string): SocketStats | undefined;
}

/**
 * Opens the session URL. Both ports are transferred and must be live: chunks are expected at once. Never throws: what
 * fails is reported as `closed`.
 */
export function openSocket(command: SocketCommand, onReport: (report: SocketReport) => void): Socket {
  const { port1: near, port2: far } = new MessageChannel();
  const end = hostSocket(far);
  near.onmessage = ({ data }: MessageEvent<SocketReport>) => onReport(data);
  near.postMessage(command, [command.uplink, command.downlink]);
  return {
    bind: (sid) => near.postMessage({ sid } satisfies BindCommand),
    close: (sid) => {
      near.close();
      return end(sid);
    },
  };
}

/** Ends the call behind a session URL that nobody is going to use: opens the URL and closes it. Never throws. */
export function hangUpUnused(url: string): void {
  try {
    hangUp(new WebSocket(url), true);
  } catch {
    // The page's policy: nothing can reach that call.
  }
}
