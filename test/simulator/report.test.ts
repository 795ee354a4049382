import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatReport } from '../../simulator/format-report.js';
import { CallMeter, type CallReport } from '../../simulator/report.js';
import { join, silence, tone } from './speech.js';

/** A report on samples that a machine of `deviceRate` sends as they are, in chunks, each when it is full. */
function reportOn(samples: Int16Array, { deviceRate = 48_000, chunkLength = 960, record = false } = {}): CallReport {
  const meter = new CallMeter('talk', 0, record);
  meter.pushText(true);
  meter.agentReady();
  let atMs = 500;
  for (let at = 0; at < samples.length; at += chunkLength) {
    const chunk = samples.subarray(at, at + chunkLength);
    atMs += (chunk.length / deviceRate) * 1000;
    meter.pushAudio(chunk.byteLength, chunk, atMs);
  }
  return meter.finish(1000, 'visitor', atMs + 10);
}

const near = (value: number, expected: number, tolerance: number): void =>
  assert.ok(Math.abs(value - expected) <= tolerance, `${value} is not ${expected} ± ${tolerance}`);

describe('CallMeter', () => {
  it('tells a client at 48 kHz that it is right', () => {
    const report = reportOn(tone(1000, 3));
    near(report.rateHz, 48_000, 1);
    near(report.dominantHz, 1000, 1);
    assert.match(formatReport(report), /48\.0 kHz, right/);
  });

  it('tells a client that sends the 44.1 kHz of its device', () => {
    const report = reportOn(tone(1000, 3, -20, 44_100), { deviceRate: 44_100, chunkLength: 8192 });
    near(report.rateHz, 44_100, 1);
    near(report.dominantHz, 1088.4, 1);
    assert.match(formatReport(report), /44\.1 kHz: you send the device's rate/);
  });

  for (const hz of [100, 440, 1088.4, 3333.3, 7000]) {
    it(`finds a tone of ${hz} Hz to 1 Hz`, () => near(reportOn(tone(hz, 1)).dominantHz, hz, 1));
  }

  it('takes the frequency from the loudest part', () => {
    const heard = join(tone(300, 1, -40), silence(0.5), tone(900, 1, -10), tone(300, 1, -40));
    near(reportOn(heard).dominantHz, 900, 1);
  });

  it('measures the level of the speech, not of the pauses', () => {
    near(reportOn(join(silence(3), tone(500, 1, -20), tone(100, 3, -60))).levelDbfs, -20, 0.5);
    near(reportOn(tone(500, 1, -60)).levelDbfs, -60, 0.5);
  });

  it('calls silence silence', () => {
    const report = reportOn(silence(2));
    assert.equal(report.levelDbfs, -100);
    assert.equal(report.dominantHz, 0);
    assert.match(formatReport(report), /is the microphone muted/);
  });

  it('counts messages by their length', () => {
    const report = reportOn(tone(500, 1).subarray(0, 960 * 10 + 7));
    assert.deepEqual(report.chunkSizes, { 1920: 10, 14: 1 });
    assert.equal(report.chunks, 11);
    assert.equal(report.bytes, 19_214);
  });

  it('finds the longest gap between two messages', () => {
    const meter = new CallMeter('talk', 0);
    for (const atMs of [1000, 1020, 1100, 1110]) meter.pushAudio(2, new Int16Array(1), atMs);
    assert.equal(meter.finish(1000, 'visitor', 5000).longestGapMs, 80);
  });

  it('counts gaps of silence inside speech, and neither pauses nor zero crossings', () => {
    const voice = tone(300, 0.3);
    assert.equal(reportOn(join(voice, silence(0.02), voice, silence(0.006), voice)).zeroRuns, 2);
    assert.equal(reportOn(join(voice, silence(0.5), voice)).zeroRuns, 0);
    assert.equal(reportOn(join(voice, silence(0.004), voice)).zeroRuns, 0);
    assert.equal(reportOn(join(silence(0.02), voice, silence(0.02))).zeroRuns, 0);
    assert.equal(reportOn(join(voice, silence(0.02), tone(300, 0.3, -60))).zeroRuns, 0);
  });

  it('records when asked, and 60 s at the most', () => {
    const heard = tone(300, 1);
    assert.deepEqual(reportOn(heard, { record: true }).pcm, heard);
    assert.equal('pcm' in reportOn(heard), false);
    assert.equal(reportOn(silence(61), { record: true, chunkLength: 7000 }).pcm!.length, 60 * 48_000);
  });

  it('notes audio that came before status_agent_ready', () => {
    const early = new CallMeter('talk', 0);
    early.pushAudio(2, new Int16Array(1), 1);
    early.agentReady();
    assert.equal(early.finish(1000, 'visitor', 2).firstAudioBeforeReady, true);
    assert.equal(reportOn(tone(300, 1)).firstAudioBeforeReady, false);
  });

  it('reports a call in which nothing came', () => {
    const report = new CallMeter('silent', 100).finish(1006, 'drop', 350);
    assert.deepEqual(report, {
      scenario: 'silent',
      protocol: 'pcm',
      codec: 'pcm16',
      framing: 'payload',
      pcmRate: 48_000,
      durationMs: 250,
      clientReadyCount: 0,
      textMessages: 0,
      chunks: 0,
      bytes: 0,
      samples: 0,
      chunkSizes: {},
      rateHz: 0,
      longestGapMs: 0,
      levelDbfs: -100,
      dominantHz: 0,
      zeroRuns: 0,
      firstAudioBeforeReady: false,
      agentBytes: 0,
      closeCode: 1006,
      endedBy: 'drop',
    });
    assert.match(
      formatReport(report),
      /the connection broke \(1006\)\n.*heard: nothing\n.*status_client_ready never came/,
    );
  });
});

describe('formatReport', () => {
  const right = reportOn(tone(500, 5, -23));

  it('is a few lines that name what was right', () => {
    assert.equal(
      formatReport(right),
      [
        'call "talk": 5.5 s, the visitor hung up (1000)',
        '  heard: 48.0 kHz, right',
        '    messages: 250 of 250 are 1920 bytes (20 ms); longest gap 20 ms',
        '    level: -23 dBFS',
      ].join('\n'),
    );
  });

  it('says what to change', () => {
    const text = formatReport({ ...right, clientReadyCount: 2, zeroRuns: 3 });
    assert.match(text, /came 2 times; once is right/);
    assert.match(text, /gaps of silence inside speech: 3/);
    assert.match(formatReport({ ...right, chunkSizes: { 16384: 250 } }), /20 ms would answer sooner/);
    assert.match(formatReport({ ...right, rateHz: 16_000 }), /16\.0 kHz: the agent expects 48\.0 kHz/);
    assert.match(formatReport({ ...right, levelDbfs: -58 }), /too quiet to count as speech/);
    assert.match(formatReport({ ...right, samples: 20_000 }), /too short to tell/);
  });

  it('speaks of the rate and the messages of the wire', () => {
    const media: CallReport = {
      ...right,
      protocol: 'media',
      codec: 'pcmu',
      framing: 'rtp',
      pcmRate: 8000,
      rateHz: 8000,
      samples: 40_000,
      chunkSizes: { 172: 250 },
      clientReadyCount: 0,
    };
    assert.equal(
      formatReport(media),
      [
        'call "talk", pcmu as rtp: 5.5 s, the visitor hung up (1000)',
        '  heard: 8.0 kHz, right',
        '    messages: 250 of 250 are 172 bytes (20 ms); longest gap 20 ms',
        '    level: -23 dBFS',
      ].join('\n'),
    );
    assert.match(formatReport({ ...media, rateHz: 48_000 }), /you send the device's rate; the agent expects 8\.0 kHz/);
    assert.match(formatReport({ ...media, rateHz: 16_000 }), /16\.0 kHz: the agent expects 8\.0 kHz/);
    assert.match(formatReport({ ...media, codec: 'l16', framing: 'payload', chunkSizes: { 320: 1 } }), /\(20 ms\)/);
    assert.match(formatReport({ ...media, clientReadyCount: 1 }), /has no such message/);
    assert.match(formatReport({ ...media, firstAudioBeforeReady: true }), /before the bind was answered/);
  });

  it('says what was wrong with RTP headers', () => {
    const rtp = {
      packets: 250,
      malformed: 0,
      payloadType: 0,
      wrongPayloadTypes: 0,
      sequenceGaps: 0,
      outOfOrder: 0,
      duplicates: 0,
      wrongTimestamps: 0,
      ssrcChanges: 0,
      markers: 1,
      firstMarked: true,
    };
    assert.match(formatReport({ ...right, rtp }), /rtp: 250 packets, right/);
    assert.match(
      formatReport({ ...right, rtp: { ...rtp, sequenceGaps: 2, wrongTimestamps: 1, firstMarked: false } }),
      /rtp: 250 packets, 2 gaps in the sequence numbers, 1 wrong timestamps, the first has no marker/,
    );
  });
});
