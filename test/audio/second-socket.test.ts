import { expect } from '@open-wc/testing';
import type { AudioReport } from '../../src/audio/audio-engine.js';
import { tone } from '../dsp/fixtures.js';
import { watchContexts, watchMicrophone } from '../support/browser-fakes.js';
import { connectEngine, isSilent } from '../support/engines.js';
import { Inbox, nextTask } from '../support/inbox.js';

const format = { captureRate: 48_000, playbackRate: 16_000, chunkSamples: 960 };
const mediaFormat = { captureRate: 16_000, playbackRate: 16_000, chunkSamples: 320 };

/** Sound that goes on with another socket. */
async function connectAgain(again = format) {
  const contexts = watchContexts();
  const { requests, streams } = watchMicrophone();
  const { engine, reports, chunks: before, say } = await connectEngine();
  await before.count(5);
  return {
    engine,
    reports,
    before,
    say,
    contexts,
    requests,
    streams,
    go() {
      const { uplink, downlink } = engine.connect(again);
      const chunks = new Inbox<ArrayBuffer>();
      uplink.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => chunks.push(data);
      return {
        chunks,
        say(seconds: number) {
          const { buffer } = Int16Array.from(tone(16_000 * seconds, 16_000, 440), (sample) => sample * 32_767);
          downlink.postMessage(buffer, [buffer]);
        },
      };
    },
  };
}

const isPlaying = (report: AudioReport) => report.type === 'sound' && report.agentLevelDbfs > -20;

describe('sound that goes on with another socket', () => {
  it('keeps its microphone and its context', async () => {
    const { engine, go, contexts, requests, streams, reports } = await connectAgain();
    const { chunks, say } = go();
    await chunks.until((all) => !all.every(isSilent));
    const since = reports.all.length;
    say(0.5);
    await reports.until((all) => all.slice(since).some(isPlaying));
    expect([contexts.length, requests.length]).to.deep.equal([1, 1]);
    expect(streams[0]!.getTracks()[0]!.readyState).to.equal('live');
    await engine.stop();
    expect(contexts[0]!.state).to.equal('closed');
    expect(streams[0]!.getTracks()[0]!.readyState).to.equal('ended');
  });

  it('gives levels to whoever draws them, anew', async () => {
    const { engine, go } = await connectAgain();
    const [first, again] = [engine.levels(), engine.levels()];
    expect([first, again]).to.deep.equal([first, undefined]);
    go();
    const next = engine.levels()!;
    expect(next).not.to.equal(first);
    const levels = new Inbox<unknown[]>();
    next.onmessage = ({ data }: MessageEvent<unknown[]>) => levels.push(data);
    await levels.count(2);
    expect(levels.all[0]).to.have.lengthOf(2);
  });

  it('sends nothing more to the first one', async () => {
    const { go, before } = await connectAgain();
    const { chunks } = go();
    await chunks.count(2);
    await nextTask();
    const first = before.all.length;
    await chunks.count(12);
    expect(before.all.length).to.equal(first);
  });

  it('plays nothing of what the first one had still to say', async () => {
    const { go, say, reports } = await connectAgain();
    say(10);
    await reports.until((all) => all.some((report) => report.type === 'sound' && report.bufferedMs > 5000));
    const { chunks } = go();
    await chunks.count(2);
    const since = reports.all.length;
    await chunks.count(12);
    const later = reports.all.slice(since).filter((report) => report.type === 'sound');
    expect(later.length).to.be.above(0);
    expect(later.every(({ bufferedMs, agentLevelDbfs }) => bufferedMs === 0 && agentLevelDbfs < -60)).to.equal(true);
  });

  it('stays muted', async () => {
    const { engine, go } = await connectAgain();
    engine.setMuted(true);
    const { chunks } = go();
    await chunks.count(60);
    expect(chunks.all.every(isSilent)).to.equal(true);
  });

  it('goes on at the rates of another wire', async () => {
    const { go } = await connectAgain(mediaFormat);
    const { chunks } = go();
    await chunks.count(5);
    expect(new Set(chunks.all.map(({ byteLength }) => byteLength))).to.deep.equal(new Set([640]));
  });

  it('counts on what was lost of the agent’s words', async () => {
    const { go, say, reports } = await connectAgain();
    const lost = (all: readonly AudioReport[]) =>
      all.flatMap((report) => (report.type === 'sound' ? [[report.underruns, report.concealedMs] as const] : []));
    // Short words with less than a sentence's pause between them.
    const count = () => lost(reports.all).at(-1) ?? [0, 0];
    while (count()[0] === 0) {
      say(0.1);
      await reports.count(reports.all.length + 4);
    }
    const [underruns, concealedMs] = count();
    const { chunks } = go();
    await chunks.count(2);
    const since = reports.all.length;
    await reports.count(since + 2);
    const [last] = lost(reports.all.slice(since));
    expect(concealedMs).to.be.above(0);
    expect(last![0]).to.be.at.least(underruns);
    expect(last![1]).to.be.at.least(concealedMs);
  });
});
