import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Chunker } from '../../src/dsp/chunker.js';
import { JitterBuffer } from '../../src/dsp/jitter-buffer.js';
import { hostSocket, type SocketReport } from '../../src/protocol/socket-host.js';

/** What the process held after so many minutes. */
export interface SimulatedLook {
  readonly minute: number;
  readonly bytes: number;
  readonly chunksSent: number;
  readonly chunksDropped: number;
  readonly playedMs: number;
  readonly underruns: number;
}

const tickMs = 20;

/** One end of a channel whose other end hears at once. */
class DirectPort {
  onmessage: ((event: { data: unknown }) => void) | null = null;
  hear: (data: unknown) => void = () => {};
  postMessage(data: unknown): void {
    this.hear(data);
  }
  close(): void {}
}

/** A network of the simulation: what the page sends leaves it as fast as it is told. */
class SimulatedSocket {
  static readonly OPEN = 1;
  static last: SimulatedSocket;
  readyState = 1;
  bufferedAmount = 0;
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string | ArrayBuffer }) => void) | null = null;
  constructor() {
    SimulatedSocket.last = this;
  }
  send(message: string | ArrayBuffer): void {
    this.bufferedAmount += typeof message === 'string' ? message.length : message.byteLength;
  }
  close(): void {}
}

/**
 * A call without a browser, on a clock of its own: microphone → chunker → host → network, and network → host → jitter buffer →
 * loudspeaker. The network is late, stalls, and is too slow now and then.
 */
export function simulateCall(
  minutes: number,
  everyMinutes: number,
  onLook?: (look: SimulatedLook) => void,
): SimulatedLook[] {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const { WebSocket } = globalThis;
  globalThis.WebSocket = SimulatedSocket as unknown as typeof WebSocket;
  try {
    const random = mulberry(7);
    const [report, uplink, downlink] = [new DirectPort(), new DirectPort(), new DirectPort()];
    let stats = { chunksSent: 0, chunksDropped: 0 };
    report.hear = (data) => {
      const told = data as SocketReport;
      if (told.type === 'stats') stats = told.stats;
    };
    const buffer = new JitterBuffer({ sampleRate: 16_000 });
    downlink.hear = (data) => buffer.push(new Int16Array(data as ArrayBuffer));
    const chunker = new Chunker(960, (chunk) => uplink.onmessage!({ data: chunk }));
    uplink.hear = (data) => {
      for (const chunk of data as ArrayBuffer[]) chunker.recycle(chunk);
    };
    hostSocket(report as unknown as MessagePort, {
      protocol: 'pcm',
      codec: 'l16',
      framing: 'payload',
      bind: false,
      url: 'wss://agent.example/',
      uplink: uplink as unknown as MessagePort,
      downlink: downlink as unknown as MessagePort,
    });
    const socket = SimulatedSocket.last;
    socket.onopen!();
    const spoken = Float32Array.from({ length: 960 }, () => random() - 0.5);
    const heard = new Float32Array(320);
    /** A second of a voice: a tone of 150 Hz and some noise. */
    const messages = Array.from({ length: 50 }, (_, index) =>
      Int16Array.from(
        heard,
        (_, i) => 6000 * Math.sin(((index * 320 + i) * 2 * Math.PI * 150) / 16_000) + 1000 * (random() - 0.5),
      ),
    );
    const late: { dueMs: number; message: ArrayBuffer }[] = [];
    const looks: SimulatedLook[] = [];
    let [playedMs, freeMs] = [0, 0];
    for (let nowMs = 0; nowMs <= minutes * 60_000; nowMs += tickMs) {
      chunker.push(spoken, spoken.length);
      if (nowMs === 0) socket.onmessage!({ data: '{"type":"status_agent_ready"}' });
      // Once a minute nothing leaves for two seconds; else 1.2 times what is spoken.
      if (nowMs % 60_000 > 2000) socket.bufferedAmount = Math.max(0, socket.bufferedAmount - 2300);
      // The agent speaks for six of ten seconds; 2 % of its messages are held up, and those after them.
      if (nowMs % 10_000 < 6000) {
        const message = messages[(nowMs / tickMs) % 50]!.slice().buffer;
        freeMs = Math.max(freeMs, nowMs + 10 * random() + (random() < 0.02 ? 150 * random() : 0));
        late.push({ dueMs: freeMs, message });
      }
      if (nowMs % 5000 === 0) socket.onmessage!({ data: `{"type":"transcript","at":${nowMs}}` });
      while (late[0] && late[0].dueMs <= nowMs) socket.onmessage!({ data: late.shift()!.message });
      buffer.pull(heard, heard.length);
      if (heard.some((sample) => sample !== 0)) playedMs += tickMs;
      if (nowMs === 0 || nowMs % (everyMinutes * 60_000) !== 0) continue;
      for (let i = 0; i < 2; i += 1) collect();
      const { heapUsed, arrayBuffers } = process.memoryUsage();
      const { chunksSent, chunksDropped } = stats;
      const minute = nowMs / 60_000;
      looks.push({
        minute,
        bytes: heapUsed + arrayBuffers,
        chunksSent,
        chunksDropped,
        playedMs,
        underruns: buffer.underruns,
      });
      onLook?.(looks.at(-1)!);
    }
    return looks;
  } finally {
    globalThis.WebSocket = WebSocket;
  }
}

/** A seeded source of numbers from 0 to 1. */
function mulberry(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
