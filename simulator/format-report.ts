import type { OpusFigures } from './media/opus-coder.js';
import type { RtpFigures } from './media/rtp-meter.js';
import { rtpHeaderLength } from './media/rtp-packet.js';
import { type CallReport, type EndedBy, silenceDbfs } from './report.js';

const endings: Record<EndedBy, string> = {
  visitor: 'the visitor hung up',
  agent: 'the agent hung up',
  drop: 'the connection broke',
};

/** The report in a few lines for whoever builds the site: what was right, and what to change. */
export function formatReport(report: CallReport): string {
  const seconds = (report.durationMs / 1000).toFixed(1);
  const wire = report.protocol === 'media' ? `, ${report.codec} as ${report.framing}` : '';
  const lines = [`call "${report.scenario}"${wire}: ${seconds} s, ${endings[report.endedBy]} (${report.closeCode})`];
  if (report.chunks === 0) {
    lines.push('heard: nothing');
  } else {
    lines.push(
      `heard: ${describeRate(report)}`,
      `  messages: ${describeSizes(report)}; longest gap ${Math.round(report.longestGapMs)} ms`,
      `  level: ${describeLevel(report)}`,
    );
  }
  if (report.rtp) lines.push(`rtp: ${describeRtp(report.rtp)}`);
  if (report.opus && report.chunks > 0) lines.push(`opus: ${describeOpus(report.opus)}`);
  if (report.protocol === 'media' && report.firstAudioBeforeReady) {
    lines.push('audio came before the bind was answered: nobody may have heard it');
  }
  lines.push(...describeClientReady(report));
  if (report.zeroRuns > 0) lines.push(`gaps of silence inside speech: ${report.zeroRuns}`);
  return lines.join('\n  ');
}

function describeClientReady({ clientReadyCount: count, protocol }: CallReport): string[] {
  if (protocol === 'media') return count > 0 ? ['status_client_ready came; WebSocket media has no such message'] : [];
  if (count === 0) return ['status_client_ready never came, so the agent never spoke'];
  return count > 1 ? [`status_client_ready came ${count} times; once is right`] : [];
}

function describeRate({ rateHz, samples, pcmRate }: CallReport): string {
  const heardSeconds = samples / pcmRate;
  if (heardSeconds < 1) return `${heardSeconds.toFixed(1)} s, too short to tell the rate`;
  const rate = kilohertz(rateHz);
  const expected = `the agent expects ${kilohertz(pcmRate)}`;
  // 44.1 and 48 kHz are 8 % apart; the time of arrival is worth 4 % within a few seconds.
  if (isNear(rateHz, pcmRate)) return `${rate}, right`;
  if (isNear(rateHz, 44_100) || isNear(rateHz, 48_000)) return `${rate}: you send the device's rate; ${expected}`;
  return `${rate}: ${expected}, without pauses`;
}

const kilohertz = (hz: number): string => `${(hz / 1000).toFixed(1)} kHz`;
const isNear = (hz: number, otherHz: number): boolean => Math.abs(hz / otherHz - 1) < 0.04;

function describeSizes(report: CallReport): string {
  const { chunkSizes, chunks, codec } = report;
  // Opus makes each message as long as its sound needs.
  if (codec === 'opus') return describeOpusSizes(report);
  const sizes = Object.entries(chunkSizes).sort(([, a], [, b]) => b - a);
  const [[size, count]] = sizes as [[string, number]];
  const ms = Math.round(durationMs(Number(size), report));
  const most = `${count} of ${chunks} are ${size} bytes (${ms} ms)`;
  const others = sizes.length > 1 ? `, ${sizes.length - 1} other sizes` : '';
  return most + others + (ms > 60 ? '; 20 ms would answer sooner' : '');
}

function durationMs(size: number, { framing, codec, pcmRate }: CallReport): number {
  const payloadLength = Math.max(0, size - (framing === 'rtp' ? rtpHeaderLength : 0));
  const sampleBytes = codec === 'pcmu' || codec === 'pcma' ? 1 : 2;
  return (payloadLength / sampleBytes / pcmRate) * 1000;
}

function describeOpusSizes({ chunkSizes, chunks, bytes }: CallReport): string {
  const sizes = Object.keys(chunkSizes).map(Number);
  const most = `${chunks} of ${Math.min(...sizes)} to ${Math.max(...sizes)} bytes`;
  return `${most}, ${Math.round(bytes / chunks)} on average`;
}

function describeOpus({ undecodable, stereo, durationsMs }: OpusFigures): string {
  const durations = Object.entries(durationsMs).sort(([, a], [, b]) => b - a);
  const parts = durations.map(([ms, count]) => `${count} of ${ms} ms`);
  if (stereo > 0) parts.push(`${stereo} in stereo, which is heard as mono`);
  if (undecodable > 0) parts.push(`${undecodable} payloads are no Opus`);
  return parts.join(', ') || 'none';
}

function describeLevel({ levelDbfs }: CallReport): string {
  const level = `${levelDbfs.toFixed(0)} dBFS`;
  if (levelDbfs <= silenceDbfs) return `${level}: silence, is the microphone muted?`;
  return levelDbfs < -45 ? `${level}: too quiet to count as speech` : level;
}

function describeRtp(rtp: RtpFigures): string {
  const { packets, malformed, payloadType, firstMarked } = rtp;
  const faults: [count: number, what: string][] = [
    [malformed, 'messages are no RTP packets'],
    [rtp.wrongPayloadTypes, `of the wrong payload type (the first was ${payloadType})`],
    [rtp.sequenceGaps, 'gaps in the sequence numbers'],
    [rtp.outOfOrder, 'out of order'],
    [rtp.duplicates, 'duplicates'],
    [rtp.wrongTimestamps, 'wrong timestamps'],
    [rtp.ssrcChanges, 'changes of SSRC'],
  ];
  const found = faults.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`);
  if (packets > 0 && !firstMarked) found.push('the first has no marker');
  return `${packets} packets, ${found.join(', ') || 'right'}`;
}
