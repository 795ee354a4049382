import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { wallMs } from '../performance/timed-agent.js';
import { installPackages } from '../debian.mjs';
import { goRealtime } from '../performance/realtime.js';

const run = promisify(execFile);

/** Bytes of one moment: left, right and mouth, 16 bits each. */
const momentBytes = 6;

/**
 * Sound that the card holds for whoever plays or records, in ms. Browsers ask for less, and then spend a core on passing
 * on single samples, which no device makes them do.
 */
export const deviceMs = 30;

/** What both sides of the sound card heard, sample by sample on one clock. */
export interface Take {
  /** In Hz. */
  readonly sampleRate: number;
  /** What the browser played. */
  readonly ear: Float32Array;
  /** What came into its microphone. */
  readonly mouth: Float32Array;
  /** When the first sample was there, in ms since 1970: at most as late as the sound card's own blocks are long. */
  readonly startMs: number;
  /** By how much the sound card fell behind the machine's clock, in ms: what it lost while it stood still. */
  readonly lostMs: number;
}

/** A sound server of our own with one card: what is played to it is its left and right, its microphone the third channel. */
export class Pulse {
  readonly sampleRate: number;
  /** The environment of whoever plays or records here. */
  readonly env: NodeJS.ProcessEnv;
  #server: ChildProcess;
  #folder: string;
  #players = new Set<ChildProcess>();
  #loopback: readonly ChildProcess[] = [];
  #echoHitches = 0;
  #isClosed = false;

  private constructor(sampleRate: number, folder: string) {
    this.sampleRate = sampleRate;
    this.#folder = folder;
    const socket = path.join(folder, 'native');
    this.env = {
      ...process.env,
      HOME: path.join(folder, 'home'),
      XDG_RUNTIME_DIR: path.join(folder, 'run'),
      PULSE_SERVER: `unix:${socket}`,
      PULSE_LATENCY_MSEC: String(deviceMs),
    };
    for (const name of ['home/.config/pulse', 'run']) {
      mkdirSync(path.join(folder, name), { recursive: true, mode: 0o700 });
    }
    writeFileSync(path.join(folder, 'home/.config/pulse/daemon.conf'), daemonConf(sampleRate));
    writeFileSync(path.join(folder, 'card.pa'), cardScript(sampleRate, socket));
    // It ends by itself two minutes after its last client, should we be killed.
    const flags = ['--daemonize=no', '-n', '-F', path.join(folder, 'card.pa'), '--exit-idle-time=120'];
    const quiet = [
      '--use-pid-file=no',
      '--disable-shm=yes',
      '--high-priority=no',
      '--realtime=no',
      '--log-level=error',
    ];
    this.#server = spawn('pulseaudio', [...flags, ...quiet], { env: this.env, stdio: ['ignore', 'ignore', 'inherit'] });
  }

  /** Starts the server at a device rate in Hz, installing PulseAudio where it is missing and that is possible. */
  static async start(sampleRate: number): Promise<Pulse> {
    await ensurePulse();
    const pulse = new Pulse(sampleRate, mkdtempSync(path.join(tmpdir(), 'synthflow-rig-')));
    try {
      await pulse.#isUp();
      // It has taken the priority off that it was started with.
      goRealtime(pulse.#server.pid, 2);
      return pulse;
    } catch (error) {
      await pulse.close();
      throw error;
    }
  }

  /** How often the echo has stood still for a moment, and has come later since. */
  get echoHitches(): number {
    return this.#echoHitches;
  }

  /**
   * Lets the microphone hear the loudspeaker, quieter by so many dB; undefined: not at all. By two clients: PulseAudio's own
   * loopback passes on in pieces that are never longer than the shortest ever was, in the end of single samples.
   */
  setEcho(lossDb: number | undefined): void {
    for (const end of this.#loopback) end.kill();
    this.#loopback = [];
    if (lossDb === undefined) return;
    const mono = format(this.sampleRate, 'mono');
    const ear = this.#spawn('pacat', ['--record', '--raw', '--device=ear', '--latency-msec=20', ...mono]);
    // PulseAudio's volumes are cube roots.
    const volume = Math.round(65_536 * 10 ** (-lossDb / 60));
    const flags = ['--verbose', '--playback', '--raw', '--device=mouth', '--latency-msec=100', `--volume=${volume}`];
    const mouth = this.#spawn('pacat', [...flags, ...mono], 'pipe');
    mouth.stdin!.on('error', () => {});
    createInterface(mouth.stderr!).on('line', (line) => {
      if (line.includes('underrun')) this.#echoHitches += 1;
    });
    ear.stdout!.pipe(mouth.stdin!);
    this.#loopback = [ear, mouth];
  }

  /** Adds a microphone of this name, which hears what all of them hear. */
  async plug(name: string): Promise<void> {
    await this.#pactl('load-module', 'module-remap-source', ...microphone(name).split(' '));
  }

  /** Takes a device away by its name; what is left, the system turns to. */
  async unplug(name: string, left?: string): Promise<void> {
    const modules = (await this.#pactl('list', 'short', 'modules')).split('\n');
    const found = modules.find((line) => new RegExp(`(source|sink)_name=${name} `).test(line));
    if (!found) throw new Error(`PulseAudio has no ${name}.`);
    await this.#pactl('unload-module', found.split('\t', 1)[0]!);
    if (left) await this.#pactl('set-default-source', left);
  }

  /** Has the whole card stand still, or go on. */
  async suspend(isSuspended: boolean): Promise<void> {
    for (const kind of ['sink', 'source'])
      await this.#pactl(`suspend-${kind}`, kind === 'sink' ? 'speaker' : 'microphone', isSuspended ? '1' : '0');
  }

  /** Says mono samples of the device's rate into the microphone. */
  async say(samples: Float32Array): Promise<void> {
    await once(this.#play(samples), 'exit');
  }

  /**
   * Says mono samples of the device's rate to whoever begins to listen to a microphone, again and again, and from their start to
   * the next one. Resolves once it looks out for listeners.
   */
  async sayToListeners(samples: Float32Array): Promise<void> {
    const watcher = this.#spawn('pactl', ['subscribe']);
    const lines = createInterface(watcher.stdout!);
    let player: ChildProcess | undefined;
    let isLooking = false;
    const begin = () => {
      player?.off('exit', begin).kill();
      if (!this.#isClosed) player = this.#play(samples).once('exit', begin);
    };
    lines.on('line', (line) => {
      isLooking = true;
      if (line.startsWith("Event 'new' on source-output")) begin();
    });
    // It tells of every client, also of one that only asks.
    while (!isLooking) await this.#isUp();
  }

  /**
   * Records both sides until the answer is called.
   * @param latencyMs - Less tells {@link Take.startMs} more exactly, and keeps the machine busier.
   */
  async record(latencyMs = 50): Promise<() => Promise<Take>> {
    const channels = 'front-left,front-right,aux0';
    const flags = ['--record', '--raw', '--device=card.monitor', `--latency-msec=${latencyMs}`];
    const recorder = this.#spawn('pacat', [...flags, ...format(this.sampleRate, channels)]);
    const parts: Buffer[] = [];
    let bytes = 0;
    let startMs = Infinity;
    let latestMs = 0;
    recorder.stdout!.on('data', (part: Buffer) => {
      parts.push(part);
      bytes += part.length;
      // The part that was least late tells best when the first sample was there.
      latestMs = wallMs() - bytes / momentBytes / (this.sampleRate / 1000);
      startMs = Math.min(startMs, latestMs);
    });
    await once(recorder.stdout!, 'data');
    return async () => {
      recorder.kill();
      await once(recorder, 'close');
      const pcm = new Int16Array(Uint8Array.from(Buffer.concat(parts)).buffer, 0, Math.floor(bytes / momentBytes) * 3);
      const side = (channel: number) =>
        Float32Array.from({ length: pcm.length / 3 }, (_, i) => pcm[3 * i + channel]! / 32_768);
      return { sampleRate: this.sampleRate, ear: side(0), mouth: side(2), startMs, lostMs: latestMs - startMs };
    };
  }

  /** Ends the server and all that plays or records here. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const player of this.#players) player.kill();
    if (this.#server.exitCode === null && this.#server.signalCode === null) {
      const exit = once(this.#server, 'exit');
      this.#server.kill();
      await Promise.race([exit, wait(3000, undefined, { ref: false }).then(() => this.#server.kill('SIGKILL'))]);
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #isUp(): Promise<void> {
    for (let tries = 100; ; tries -= 1) {
      try {
        return void (await this.#pactl('list', 'short', 'sinks'));
      } catch (error) {
        if (tries === 0 || this.#server.exitCode !== null) throw error;
        await wait(100);
      }
    }
  }

  async #pactl(...command: string[]): Promise<string> {
    return (await run('pactl', command, { env: this.env })).stdout;
  }

  #play(samples: Float32Array): ChildProcess {
    const pcm = Int16Array.from(samples, (sample) => Math.round(sample * 32_767));
    const flags = ['--playback', '--raw', '--device=mouth', '--latency-msec=20', ...format(this.sampleRate, 'mono')];
    const player = this.#spawn('pacat', flags);
    player.stdin!.on('error', () => {});
    player.stdin!.end(Buffer.from(pcm.buffer));
    return player;
  }

  #spawn(command: string, flags: string[], errors: 'inherit' | 'pipe' = 'inherit'): ChildProcess {
    // What it tells browsers would count for more than our own flags.
    const env = { ...this.env, PULSE_LATENCY_MSEC: undefined };
    const player = spawn(command, flags, { env, stdio: ['pipe', 'pipe', errors] });
    this.#players.add(player);
    player.once('exit', () => this.#players.delete(player));
    return player;
  }
}

const format = (rate: number, map: string): string[] => [
  '--format=s16le',
  `--rate=${rate}`,
  `--channels=${map.split(',').length}`,
  `--channel-map=${map}`,
];

const microphone = (name: string): string =>
  `source_name=${name} source_properties=device.description=${name} master=card.monitor channels=1 channel_map=mono master_channel_map=aux0 remix=no`;

const daemonConf = (rate: number): string => `default-sample-rate = ${rate}
alternate-sample-rate = ${rate}
flat-volumes = no
enable-shm = no
resample-method = speex-float-5
`;

// One null sink, so that all is on one clock. Without norewinds Chromium's context takes up to 1.7 s to start on it.
const cardScript = (rate: number, socket: string): string => `.fail
load-module module-native-protocol-unix auth-anonymous=1 socket=${socket}
load-module module-null-sink sink_name=card format=s16le rate=${rate} channels=3 channel_map=front-left,front-right,aux0 norewinds=1
load-module module-remap-sink sink_name=speaker master=card channels=2 channel_map=front-left,front-right master_channel_map=front-left,front-right remix=no
load-module module-remap-sink sink_name=mouth master=card channels=1 channel_map=mono master_channel_map=aux0 remix=no
load-module module-remap-source source_name=ear master=card.monitor channels=1 channel_map=mono master_channel_map=front-left remix=no
load-module module-remap-source ${microphone('microphone')}
set-default-sink speaker
set-default-source microphone
`;

async function ensurePulse(): Promise<void> {
  const exists = () =>
    run('pulseaudio', ['--version']).then(
      () => true,
      () => false,
    );
  if ((await exists()) || installPackages('pulseaudio', 'pulseaudio-utils')) return;
  throw new Error('The rig needs PulseAudio (Debian: sudo apt-get install pulseaudio pulseaudio-utils).');
}
