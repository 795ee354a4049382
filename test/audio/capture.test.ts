import { expect, waitUntil } from '@open-wc/testing';
import { Capture } from '../../src/audio/capture.js';
import { Speaker } from '../../src/audio/speaker.js';
import { fitSine, seededRandom, tone } from '../dsp/fixtures.js';
import { hasOfflineSuspend, itWhere } from '../support/abilities.js';
import { OfflineAudio } from '../support/offline-audio.js';

const wire = { wireRate: 48_000, chunkSamples: 960 };
// Devices, Bluetooth headsets in a call (8, 16 and 24 kHz), and studios.
const rates = [44_100, 48_000, 8000, 16_000, 24_000, 96_000];

/** What the audio thread posts may come late on a busy machine. */
const patient = { timeout: 8000 };

/** A capture in an offline context; what comes out is kept. */
async function capture(rate: number, channels: Float32Array[], seconds = 1) {
  const audio = await OfflineAudio.open(rate, seconds);
  const { port1: far, port2: near } = new MessageChannel();
  const chunks: ArrayBuffer[] = [];
  const levels: number[] = [];
  const speaking: boolean[] = [];
  near.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => chunks.push(data);
  const context = audio.withMicrophone(...channels);
  const microphone = new Capture(context, new MediaStream(), wire, far);
  // What the microphone is like is told by the loudspeaker's side.
  new Speaker(context, { ...wire, wireRate: 16_000 }, new MessageChannel().port1, (report) => {
    levels.push(report.visitorLevelDbfs);
    speaking.push(report.isVisitorSpeaking);
  });
  return {
    audio,
    microphone,
    near,
    chunks,
    levels,
    speaking,
    async render(): Promise<Int16Array> {
      await audio.render();
      await waitUntil(() => chunks.length >= 50 * seconds, 'the chunks have come', patient);
      return Int16Array.from(chunks.flatMap((chunk) => [...new Int16Array(chunk)]));
    },
  };
}

const toFloats = (samples: Int16Array) => Float32Array.from(samples, (sample) => sample / 32_768);

/** What happens in the middle of what is rendered. */
const itInTime = itWhere(hasOfflineSuspend, 'OfflineAudioContext.suspend');

describe('Capture', () => {
  for (const rate of rates) {
    it(`sends the agent exactly 50 chunks of 20 ms a second from a ${rate} Hz microphone`, async () => {
      const { render, chunks } = await capture(rate, [tone(rate, rate, 997)]);
      await render();
      expect(chunks).to.have.lengthOf(50);
      expect(chunks.map(({ byteLength }) => byteLength)).to.deep.equal(Array(50).fill(1920));
    });

    it(`keeps the pitch and adds no noise from a ${rate} Hz microphone`, async () => {
      const { render } = await capture(rate, [tone(rate, rate, 997)]);
      const heard = fitSine(toFloats(await render()).subarray(4800), 48_000, 997, 0);
      expect(heard.amplitude).to.be.closeTo(0.5, 0.001);
      expect(heard.snrDb).to.be.above(90);
    });
  }

  it('passes every bit of a 48 kHz microphone', async () => {
    const random = seededRandom(1);
    const spoken = Int16Array.from({ length: 48_000 }, () => Math.floor(random() * 65_536) - 32_768);
    const { render } = await capture(48_000, [toFloats(spoken)]);
    expect([...(await render())]).to.deep.equal([...spoken]);
  });

  it('mixes a stereo microphone to mono', async () => {
    const left = tone(48_000, 48_000, 500, 0.5);
    const right = tone(48_000, 48_000, 3000, 0.25);
    const { render } = await capture(48_000, [left, right]);
    const heard = toFloats(await render());
    expect(fitSine(heard, 48_000, 500, 0).amplitude).to.be.closeTo(0.25, 0.001);
    expect(fitSine(heard, 48_000, 3000, 0).amplitude).to.be.closeTo(0.125, 0.001);
  });

  itInTime('sends nothing but zeros while muted, and does not stop', async () => {
    const { render, audio, microphone, chunks } = await capture(48_000, [tone(48_000, 48_000, 997)]);
    audio.at(0.24, () => microphone.setMuted(true));
    audio.at(0.8, () => microphone.setMuted(false));
    const sent = await render();
    expect(chunks).to.have.lengthOf(50);
    expect(Math.max(...sent.subarray(0, 0.24 * 48_000))).to.be.above(16_000);
    expect(sent.subarray(0.24 * 48_000, 0.8 * 48_000).every((sample) => sample === 0)).to.equal(true);
    expect(Math.max(...sent.subarray(0.8 * 48_000))).to.be.above(16_000);
  });

  it('tells how loud the visitor is 5 times a second, also while muted', async () => {
    const { render, microphone, levels } = await capture(48_000, [tone(48_000, 48_000, 1000)]);
    microphone.setMuted(true);
    await render();
    await waitUntil(() => levels.length >= 5, 'the reports have come', patient);
    expect(levels).to.have.lengthOf(5);
    for (const level of levels) expect(level).to.be.closeTo(-9.03, 0.02);
  });

  it('tells whether the visitor speaks, also while muted', async () => {
    const silence = new Float32Array(24_000);
    const vowel = tone(24_000, 48_000, 150, 0.2);
    const spoken = Float32Array.of(...silence, ...vowel, ...silence, ...silence);
    const { render, microphone, speaking } = await capture(48_000, [spoken], 2);
    microphone.setMuted(true);
    await render();
    await waitUntil(() => speaking.length >= 10, 'the reports have come', patient);
    expect(speaking.slice(0, 2)).to.deep.equal(Array(2).fill(false));
    expect(speaking.slice(3, 5)).to.deep.equal(Array(2).fill(true));
    expect(speaking.slice(7)).to.deep.equal(Array(3).fill(false));
  });

  it('goes on with silence when the microphone gives nothing', async () => {
    const { render, levels } = await capture(48_000, []);
    const sent = await render();
    expect(sent).to.have.lengthOf(48_000);
    expect(sent.every((sample) => sample === 0)).to.equal(true);
    expect(levels.every((level) => level === -Infinity)).to.equal(true);
  });

  it('tells a silent microphone from one that gives nothing', async () => {
    const whisper = new Float32Array(48_000).fill(1e-7, 20_000);
    const { render, levels } = await capture(48_000, [whisper]);
    await render();
    await waitUntil(() => levels.length >= 5, 'the reports have come', patient);
    expect(levels).to.deep.equal([...Array(2).fill(-Infinity), ...Array(3).fill(-100)]);
  });

  for (const rate of rates) {
    itInTime(`ends its chunks with those of the context’s clock, whenever it begins, at ${rate} Hz`, async () => {
      const audio = await OfflineAudio.open(rate);
      const { port1: far, port2: near } = new MessageChannel();
      const chunks: Int16Array[] = [];
      near.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => chunks.push(new Int16Array(data));
      // Silent until half a second has gone by, which is the end of a chunk.
      const heard = new Float32Array(rate).fill(0.5, rate / 2);
      const context = audio.withMicrophone(heard);
      // Else it would begin only when it is captured.
      context.createMediaStreamSource(new MediaStream()).connect(context.destination);
      audio.at(0.1234, () => new Capture(context, new MediaStream(), wire, far));
      await audio.render();
      await waitUntil(() => chunks.length >= 43, 'the chunks have come', patient);
      const loud = chunks.findIndex((chunk) => chunk.some((sample) => sample > 10_000));
      expect(loud - chunks.length).to.equal(-25);
      // The resampler delays by 32 samples of the lower rate.
      const sample = 48_000 / Math.min(rate, 48_000);
      const onset = chunks[loud]!.findIndex((value) => value > 8192);
      expect(onset).to.be.closeTo(rate === 48_000 ? 0 : 32 * sample, sample);
    });
  }

  itInTime('goes on with another microphone', async () => {
    const { render, audio, microphone } = await capture(48_000, [tone(48_000, 48_000, 997)]);
    audio.at(0.5, () => {
      audio.withMicrophone(tone(48_000, 48_000, 3000));
      microphone.setStream(new MediaStream());
    });
    const heard = toFloats(await render());
    expect(fitSine(heard.subarray(4800, 23_000), 48_000, 997, 0).snrDb).to.be.above(90);
    expect(fitSine(heard.subarray(26_000, 47_000), 48_000, 3000, 0).snrDb).to.be.above(90);
  });

  itInTime('makes no new buffer while the old ones come back', async () => {
    const { audio, near, chunks } = await capture(48_000, [tone(96_000, 48_000, 997)], 2);
    const { buffers } = await audio.look();
    let returned = 0;
    const giveBack = () => {
      const spent = chunks.slice(returned);
      returned = chunks.length;
      near.postMessage(spent, spent);
    };
    for (let step = 1; step < 20; step++) {
      audio.at(step / 10, async () => {
        await waitUntil(() => chunks.length >= Math.floor((step / 10) * 50), 'the chunks have come', {
          ...patient,
          interval: 1,
        });
        giveBack();
      });
    }
    await audio.render();
    await waitUntil(() => chunks.length >= 100, 'the chunks have come', patient);
    expect((await audio.look()).buffers).to.equal(buffers);
    expect(buffers, 'eight, and what the loudspeaker’s side holds').to.equal(9);
  });

  it('goes on when no buffer comes back, and when what comes back is none', async () => {
    const { render, audio, near, chunks } = await capture(48_000, [tone(48_000, 48_000, 997)]);
    near.postMessage([new ArrayBuffer(0), new ArrayBuffer(1919), 'chunk', null]);
    const heard = fitSine(toFloats(await render()), 48_000, 997, 0);
    expect(chunks).to.have.lengthOf(50);
    expect(heard.snrDb).to.be.above(90);
    expect((await audio.look()).buffers).to.be.above(40);
  });

  itInTime('leaves the audio thread when it is stopped', async () => {
    const { audio, microphone, chunks } = await capture(48_000, [tone(48_000, 48_000, 997)]);
    audio.at(0.5, () => microphone.stop());
    audio.at(0.6, () => microphone.disconnect());
    await audio.render();
    const { ended, quanta } = await audio.look();
    expect([...new Set(ended)]).to.deep.equal(['synthflow-capture']);
    // It ends at 0.5 s (the 188th call) and is not called any more once its input is gone.
    expect(quanta['synthflow-capture']! - ended.length).to.be.within(186, 190);
    expect(quanta['synthflow-capture']).to.be.at.most(230);
    expect(chunks.length).to.be.at.most(25);
  });
});
