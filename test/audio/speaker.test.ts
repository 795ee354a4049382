import { expect, waitUntil } from '@open-wc/testing';
import { Capture } from '../../src/audio/capture.js';
import { Speaker } from '../../src/audio/speaker.js';
import type { BargeIn, Levels, SoundReport } from '../../src/audio/worklets/messages.js';
import { fitSine, rmsDb, tone } from '../dsp/fixtures.js';
import { hasOfflineSuspend, itWhere } from '../support/abilities.js';
import { OfflineAudio } from '../support/offline-audio.js';

const wireRate = 16_000;
/** What the audio thread posts may come late on a busy machine. */
const patient = { timeout: 8000 };

/** The agent's PCM16 of a tone that begins at a sample. */
const pcm = (length: number, hz = 440, start = 0): ArrayBuffer =>
  Int16Array.from(tone(length, wireRate, hz, 0.5, start), (sample) => Math.round(sample * 32_768)).buffer;

/** The same tone in messages of 20 ms. */
const messages = (count: number, hz = 440): ArrayBuffer[] =>
  Array.from({ length: count }, (_, index) => pcm(320, hz, index * 320));

async function speaker(rate: number, seconds = 1) {
  const audio = await OfflineAudio.open(rate, seconds);
  const { port1: far, port2: near } = new MessageChannel();
  const reports: SoundReport[] = [];
  const out = new Speaker(audio.context as unknown as AudioContext, { wireRate, chunkSamples: 960 }, far, (report) =>
    reports.push(report),
  );
  const say = (...spoken: ArrayBuffer[]) => {
    for (const message of spoken) near.postMessage(message, [message]);
  };
  return { audio, out, say, reports };
}

/** The steepest step between two samples. */
function steepest(samples: Float32Array): number {
  let step = 0;
  for (let i = 1; i < samples.length; i++) step = Math.max(step, Math.abs(samples[i]! - samples[i - 1]!));
  return step;
}

/** The steepest step of a 440 Hz tone of amplitude 0.5. */
const slope = (rate: number) => (2 * Math.PI * 440 * 0.5) / rate;

/** What happens in the middle of what is rendered. */
const itInTime = itWhere(hasOfflineSuspend, 'OfflineAudioContext.suspend');

describe('Speaker', () => {
  for (const rate of [44_100, 48_000, 16_000]) {
    const whole = (heard: Float32Array) => fitSine(heard.subarray(0.2 * rate, 0.95 * rate), rate, 440, 0);

    it(`plays one burst without noise, gap or click at ${rate} Hz`, async () => {
      const { audio, say } = await speaker(rate);
      say(pcm(wireRate * 1.2));
      const heard = await audio.render();
      expect(whole(heard).amplitude).to.be.closeTo(0.5, 0.001);
      expect(whole(heard).snrDb).to.be.above(90);
      expect(steepest(heard)).to.be.below(slope(rate) * 1.02);
    });

    it(`plays 20 ms messages that wait as if they were one at ${rate} Hz`, async () => {
      const { audio, say } = await speaker(rate);
      say(...messages(60));
      const heard = await audio.render();
      expect(whole(heard).snrDb).to.be.above(90);
      expect(steepest(heard)).to.be.below(slope(rate) * 1.02);
    });

    itInTime(`plays 20 ms messages that come in time as if they were one at ${rate} Hz`, async () => {
      const { audio, say, reports } = await speaker(rate);
      messages(49).forEach((message, index) => audio.at(index * 0.02, () => say(message)));
      const heard = await audio.render();
      expect(whole(heard).snrDb).to.be.above(90);
      expect(steepest(heard)).to.be.below(slope(rate) * 1.02);
      expect(reports.every(({ underruns }) => underruns === 0)).to.equal(true);
    });

    itInTime(`falls silent within 15 ms of a flush, without a click, at ${rate} Hz`, async () => {
      const { audio, out, say } = await speaker(rate);
      say(pcm(wireRate * 2));
      let flushedS = NaN;
      audio.at(0.5, () => {
        flushedS = audio.context.currentTime;
        out.flush();
      });
      const heard = await audio.render();
      const flushed = Math.round(flushedS * rate);
      expect(rmsDb(heard.subarray(flushed - 0.05 * rate, flushed))).to.be.above(-10);
      expect(steepest(heard.subarray(flushed - 1))).to.be.below(slope(rate) + 0.02);
      expect(Math.max(...heard.subarray(flushed + Math.ceil(0.015 * rate)).map(Math.abs))).to.be.below(1e-4);
    });
  }

  itInTime('starts within 100 ms of the first word', async () => {
    const { audio, say } = await speaker(48_000);
    messages(40).forEach((message, index) => audio.at(0.1 + index * 0.02, () => say(message)));
    const heard = await audio.render();
    expect(rmsDb(heard.subarray(0, 0.1 * 48_000))).to.equal(-Infinity);
    expect(rmsDb(heard.subarray(0.2 * 48_000, 0.25 * 48_000))).to.be.above(-10);
  });

  itInTime('plays what comes after a flush', async () => {
    const { audio, out, say } = await speaker(48_000);
    say(pcm(wireRate));
    audio.at(0.3, () => out.flush());
    audio.at(0.6, () => say(pcm(wireRate, 1000)));
    const heard = await audio.render();
    expect(fitSine(heard.subarray(0.75 * 48_000), 48_000, 1000, 0).snrDb).to.be.above(90);
  });

  itInTime('fades where the agent is late, counts it, and goes on', async () => {
    const { audio, say, reports } = await speaker(48_000);
    const spoken = messages(40);
    audio.at(0, () => say(...spoken.slice(0, 15)));
    audio.at(0.5, () => say(...spoken.slice(15)));
    const heard = await audio.render();
    expect(rmsDb(heard.subarray(0.42 * 48_000, 0.48 * 48_000))).to.equal(-Infinity);
    expect(rmsDb(heard.subarray(0.6 * 48_000, 0.9 * 48_000))).to.be.above(-10);
    expect(steepest(heard)).to.be.below(slope(48_000) + 0.02);
    await waitUntil(() => reports.length >= 5, 'the reports have come', patient);
    expect(reports.at(-1)!.underruns).to.equal(1);
  });

  it('reports level and what waits 5 times a second', async () => {
    const { audio, say, reports } = await speaker(44_100);
    say(pcm(wireRate * 1.5));
    await audio.render();
    await waitUntil(() => reports.length >= 5, 'the reports have come', patient);
    expect(reports).to.have.lengthOf(5);
    const { agentLevelDbfs, bufferedMs, underruns, droppedSamples } = reports[2]!;
    expect(agentLevelDbfs).to.be.closeTo(-9.03, 0.2);
    expect(bufferedMs).to.be.closeTo(900, 70);
    expect([underruns, droppedSamples]).to.deep.equal([0, 0]);
  });

  it('tells that the agent speaks, until it has been quiet for as long as between words', async () => {
    const { audio, say, reports } = await speaker(48_000);
    say(pcm(wireRate * 0.3));
    await audio.render();
    await waitUntil(() => reports.length >= 5, 'the reports have come', patient);
    expect(reports.map(({ isAgentSpeaking }) => isAgentSpeaking)).to.deep.equal([true, true, true, false, false]);
  });

  describe('while somebody draws the levels', () => {
    /** Three seconds beside a microphone. */
    async function drawn(microphone: Float32Array, spoken: ArrayBuffer, isMuted = false) {
      const audio = await OfflineAudio.open(48_000, 3);
      const [up, down] = [new MessageChannel(), new MessageChannel()];
      const reports: SoundReport[] = [];
      const levels: Levels[] = [];
      const context = audio.withMicrophone(microphone);
      new Capture(context, new MediaStream(), { wireRate: 48_000, chunkSamples: 960, isMuted }, up.port1);
      const out = new Speaker(context, { wireRate, chunkSamples: 960 }, down.port1, (report) => reports.push(report));
      out.levels()!.onmessage = ({ data }: MessageEvent<Levels>) => levels.push(data);
      expect(out.levels(), 'once').to.equal(undefined);
      down.port2.postMessage(spoken, [spoken]);
      await audio.render();
      await waitUntil(() => levels.length >= 15, 'the levels have come', patient);
      // A report comes on the way of another port.
      await waitUntil(() => reports.length >= 3, 'the reports have come', patient);
      return { reports, levels: levels.map((both) => both.map(Math.round)) };
    }
    /** Too soft to be a voice. */
    const hum = tone(3 * 48_000, 48_000, 100, 0.001);

    it('tells them 5 times a second, and the page once a second', async () => {
      const { reports, levels } = await drawn(hum, pcm(0));
      expect(levels).to.deep.equal(Array.from({ length: 15 }, () => [-63, -100]));
      expect(reports).to.have.lengthOf(3);
      expect(reports[2]).to.include({ agentLevelDbfs: -100, isAgentSpeaking: false, isVisitorSpeaking: false });
    });

    it('tells the page at once who begins and ends to speak', async () => {
      const voice = new Float32Array(3 * 48_000);
      hum.forEach((sample, i) => (voice[i] = sample));
      voice.set(tone(48_000, 48_000, 150, 0.5), 48_000);
      const { reports, levels } = await drawn(voice, pcm(wireRate * 0.5));
      const speaking = reports.map((report) => `${report.isVisitorSpeaking} ${report.isAgentSpeaking}`);
      expect(speaking.filter((both, at) => both !== speaking[at - 1])).to.deep.equal([
        'false true',
        'false false',
        'true false',
        'false false',
      ]);
      // Beside those what each second brings, in which the visitor speaks on, or nobody.
      expect(speaking.length).to.be.at.most(6);
      expect(levels[1]).to.deep.equal([-63, -9]);
      expect(levels[7]).to.deep.equal([-9, -100]);
    });

    it('draws nothing of a visitor who is muted, and tells the page that they speak', async () => {
      const { reports, levels } = await drawn(tone(3 * 48_000, 48_000, 150, 0.5), pcm(0), true);
      expect(levels.every(([visitor]) => visitor === -100)).to.equal(true);
      expect(reports.at(-1)).to.include({ isVisitorSpeaking: true });
      expect(reports.at(-1)!.visitorLevelDbfs).to.be.closeTo(-9.03, 0.1);
    });

    it('tells the page each level of a microphone that gives nothing, and when it gives something again', async () => {
      const late = new Float32Array(3 * 48_000);
      late.set(hum.subarray(0, 1.4 * 48_000), 1.6 * 48_000);
      const { reports } = await drawn(late, pcm(0));
      const [silent, heard] = [reports.slice(0, 8), reports.slice(8)];
      expect(silent.every(({ visitorLevelDbfs }) => visitorLevelDbfs === -Infinity)).to.equal(true);
      expect(heard.map(({ visitorLevelDbfs }) => Math.round(visitorLevelDbfs))).to.deep.equal([-63, -63]);
    });
  });

  it('drops nothing of a two-minute burst, and tells what is beyond it', async () => {
    const { audio, say, reports } = await speaker(48_000);
    say(pcm(wireRate * 60), pcm(wireRate * 60), pcm(wireRate));
    await audio.render();
    await waitUntil(() => reports.length >= 1, 'the reports have come', patient);
    expect(reports[0]!.bufferedMs).to.be.closeTo(120_000, 210);
    expect(reports[0]!.droppedSamples).to.equal(wireRate);
  });

  itInTime('reports what the network is like', async () => {
    const { audio, say, reports } = await speaker(48_000);
    messages(45).forEach((message, index) => audio.at(index * 0.02, () => say(message)));
    await audio.render();
    await waitUntil(() => reports.length >= 5, 'the reports have come', patient);
    const { targetMs, delayMs, jitterP50Ms, jitterP95Ms, concealedMs } = reports[3]!;
    expect(targetMs).to.equal(40);
    expect(delayMs).to.be.within(37, 46);
    expect(jitterP50Ms).to.be.below(5);
    expect(jitterP95Ms).to.be.within(jitterP50Ms, 10);
    expect(concealedMs).to.equal(0);
  });

  describe('while the visitor speaks over the agent, from 0.5 s to 1 s', () => {
    async function interrupted(bargeIn: BargeIn, isMuted = false) {
      const audio = await OfflineAudio.open(48_000, 2);
      const { port1: far, port2: near } = new MessageChannel();
      const { port1: uplink } = new MessageChannel();
      const voice = new Float32Array(96_000);
      voice.set(tone(24_000, 48_000, 150, 0.5), 24_000);
      const context = audio.withMicrophone(voice);
      new Capture(context, new MediaStream(), { wireRate: 48_000, chunkSamples: 960, isMuted }, uplink);
      new Speaker(context, { wireRate, chunkSamples: 960, bargeIn }, far, () => {});
      const first = pcm(wireRate * 1.5);
      near.postMessage(first, [first]);
      audio.at(0.8, () => {
        const later = pcm(wireRate * 1.5);
        near.postMessage(later, [later]);
      });
      const heard = await audio.render();
      const levelDb = (fromS: number, toS: number) => rmsDb(heard.subarray(fromS * 48_000, toS * 48_000)) + 9.03;
      return { heard, levelDb };
    }

    itInTime('makes it softer by 12 dB within 150 ms, and loud again after 300 ms, without a click', async () => {
      const { heard, levelDb } = await interrupted('duck');
      expect(levelDb(0.2, 0.5)).to.be.closeTo(0, 0.1);
      expect(levelDb(0.65, 1.25)).to.be.closeTo(-12, 0.1);
      expect(levelDb(1.5, 1.9)).to.be.closeTo(0, 0.1);
      expect(steepest(heard)).to.be.below(slope(48_000) * 1.02);
    });

    itInTime('drops what is buffered, once, and plays what comes later', async () => {
      const { heard, levelDb } = await interrupted('clear');
      expect(levelDb(0.2, 0.5)).to.be.closeTo(0, 0.1);
      expect(levelDb(0.65, 0.8)).to.be.below(-100);
      expect(levelDb(0.85, 1.9)).to.be.closeTo(0, 0.1);
      expect(steepest(heard)).to.be.below(slope(48_000) + 0.02);
    });

    for (const [title, bargeIn, isMuted] of [
      ['does nothing when it is told so', 'off', false],
      ['does nothing while the visitor is muted', 'duck', true],
    ] as const) {
      itInTime(title, async () => {
        const { levelDb } = await interrupted(bargeIn, isMuted);
        expect(levelDb(0.2, 1.9)).to.be.closeTo(0, 0.1);
      });
    }
  });

  itInTime('plays as loud as it is told, and tells how loud the agent is, not the loudspeaker', async () => {
    const { audio, out, say, reports } = await speaker(48_000);
    out.setVolume(0.5);
    say(pcm(wireRate));
    audio.at(0.5, () => out.setVolume(0));
    const heard = await audio.render();
    expect(fitSine(heard.subarray(0.2 * 48_000, 0.5 * 48_000), 48_000, 440, 0).amplitude).to.be.closeTo(0.25, 0.001);
    expect(steepest(heard)).to.be.below(slope(48_000));
    expect(rmsDb(heard.subarray(0.6 * 48_000))).to.be.below(-90);
    await waitUntil(() => reports.length >= 4, 'the reports have come', patient);
    expect(reports[3]!.agentLevelDbfs).to.be.closeTo(-9.03, 0.02);
  });

  itInTime('leaves the audio thread when it is stopped', async () => {
    const { audio, out, say } = await speaker(48_000);
    say(pcm(wireRate));
    audio.at(0.5, () => out.stop());
    await audio.render();
    expect((await audio.look()).ended).to.include('synthflow-playback');
  });
});
