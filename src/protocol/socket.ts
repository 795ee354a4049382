import { hostSocket, type SocketCommand, type SocketReport } from './socket-host.js';
import type { WireName } from './wire.js';

/** What a socket is opened with. Both ports are transferred and must be live: chunks are expected at once. */
export interface SocketOptions {
  readonly url: string;
  readonly protocol: WireName;
  readonly uplink: MessagePort;
  readonly downlink: MessagePort;
}

/** The call's end of a socket. */
export interface Socket {
  /** Ends the connection and its ports. Nothing is reported afterwards. Idempotent. */
  close(): void;
}

/** Opens the session URL. Never throws: what fails is reported as `closed`. */
export function openSocket(options: SocketOptions, onReport: (report: SocketReport) => void): Socket {
  const { port1: near, port2: far } = new MessageChannel();
  const tell = (command: SocketCommand, transfer: Transferable[] = []) => near.postMessage(command, transfer);
  hostSocket(far);
  near.onmessage = ({ data: report }: MessageEvent<SocketReport>) => onReport(report);
  tell({ type: 'open', ...options }, [options.uplink, options.downlink]);
  return {
    close: () => {
      tell({ type: 'close' });
      near.close();
    },
  };
}
