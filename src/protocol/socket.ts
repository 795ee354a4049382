import { hostSocket, type SocketCommand, type SocketReport, type SocketStats } from './socket-host.js';

/** The call's end of a socket. */
export interface Socket {
  /** Ends the connection and its ports, at once, and answers its last figures. Nothing is reported afterwards. Idempotent. */
  close(): SocketStats | undefined;
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
    close: () => {
      near.close();
      return end();
    },
  };
}
