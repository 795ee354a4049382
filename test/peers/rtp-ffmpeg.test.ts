// Our RTP and codecs beside a program that others wrote: what ffmpeg sends is played, and what we send ffmpeg plays.
import assert from 'node:assert/strict';
import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import { createTranscoder } from '../../src/protocol/codecs.js';
import { fitSine, tone } from '../dsp/fixtures.js';

const hz = 440;
const kinds = [
  // Noise of the codec alone: 16 bits, or a telephone's 8.
  { codec: 'l16', rate: 16_000, encoder: 'pcm_s16be', payloadType: 96, name: 'L16', minDb: 85 },
  { codec: 'pcmu', rate: 8000, encoder: 'pcm_mulaw', payloadType: 0, name: 'PCMU', minDb: 35 },
  { codec: 'pcma', rate: 8000, encoder: 'pcm_alaw', payloadType: 8, name: 'PCMA', minDb: 35 },
] as const;

const hasFfmpeg = spawnSync('ffmpeg', ['-version']).status === 0;

function ffmpeg(...args: string[]): ChildProcessWithoutNullStreams {
  return spawn('ffmpeg', ['-hide_banner', '-loglevel', 'error', ...args]);
}

/** A socket for datagrams on this machine. */
async function bind(): Promise<Socket> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return socket;
}

const sine = (rate: number, seconds: number): Int16Array =>
  Int16Array.from(tone(rate * seconds, rate, hz), (sample) => Math.round(sample * 32_768));

for (const { codec, rate, encoder, payloadType, name, minDb } of kinds) {
  describe(`${name} in RTP beside ffmpeg`, { skip: hasFfmpeg ? false : 'ffmpeg is not installed' }, () => {
    it('is played as ffmpeg sends it', { timeout: 30_000 }, async () => {
      const played: number[] = [];
      const { decode } = createTranscoder(
        { protocol: 'media', codec, framing: 'rtp', bind: false },
        {
          send: () => assert.fail('nothing is sent'),
          play: (samples) => played.push(...new Int16Array(samples)),
          fail: assert.fail,
        },
      );
      const socket = await bind();
      const { port } = socket.address() as AddressInfo;
      const wanted = rate * 0.9;
      const heard = new Promise<void>((resolve) => {
        socket.on('message', (packet) => {
          decode(Uint8Array.from(packet).buffer);
          if (played.length >= wanted) resolve();
        });
      });
      const raw = ['-f', 's16le', '-ar', `${rate}`, '-ac', '1', '-i', '-'];
      const sender = ffmpeg(...raw, '-c:a', encoder, '-f', 'rtp', `rtp://127.0.0.1:${port}`);
      sender.stdin.end(Buffer.from(sine(rate, 1).buffer));
      await heard;
      socket.close();
      const { snrDb, amplitude } = fitSine(played.slice(0, wanted), rate, hz, 0);
      assert.ok(snrDb > minDb, `${snrDb} dB`);
      assert.ok(Math.abs(amplitude / 16_384 - 1) < 0.01, `amplitude ${amplitude}`);
    });

    it('is heard by ffmpeg as we send it', { timeout: 60_000 }, async () => {
      const [socket, taken] = [await bind(), await bind()];
      const { port } = taken.address() as AddressInfo;
      taken.close();
      await once(taken, 'close');
      const receiver = ffmpeg(
        ...['-protocol_whitelist', 'pipe,udp,rtp', '-analyzeduration', '0', '-probesize', '32', '-f', 'sdp', '-i', '-'],
        ...['-f', 's16le', '-ar', `${rate}`, '-ac', '1', '-'],
      );
      receiver.stdin.end(
        [
          'v=0',
          'o=- 0 0 IN IP4 127.0.0.1',
          's=-',
          'c=IN IP4 127.0.0.1',
          't=0 0',
          `m=audio ${port} RTP/AVP ${payloadType}`,
          `a=rtpmap:${payloadType} ${name}/${rate}`,
          '',
        ].join('\r\n'),
      );
      const { encode } = createTranscoder(
        { protocol: 'media', codec, framing: 'rtp', bind: false },
        {
          send: (packet) => socket.send(new Uint8Array(packet), port, '127.0.0.1'),
          play: () => assert.fail('nothing is played'),
          fail: assert.fail,
        },
      );
      // Whole periods, so that the tone goes on from second to second; sent until ffmpeg has heard enough of it.
      const second = sine(rate, 1);
      const chunkSamples = rate / 50;
      let position = 0;
      const sending = setInterval(() => {
        encode(second.slice(position % rate, (position % rate) + chunkSamples).buffer, position);
        position += chunkSamples;
      }, 20);
      const output: Buffer[] = [];
      let bytes = 0;
      for await (const part of receiver.stdout as AsyncIterable<Buffer>) {
        output.push(part);
        bytes += part.length;
        if (bytes >= 2 * rate) break;
      }
      clearInterval(sending);
      socket.close();
      receiver.kill();
      const heard = new Int16Array(Uint8Array.from(Buffer.concat(output)).buffer.slice(0, 2 * rate));
      const { snrDb } = fitSine(heard.slice(rate / 10), rate, hz, 0);
      assert.ok(snrDb > minDb, `${snrDb} dB`);
    });
  });
}
