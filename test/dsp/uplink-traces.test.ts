import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { uplinks } from '../../scripts/bench/networks.js';
import { Uplink } from '../../src/protocol/uplink.js';

const chunkMs = 20;
const wires = { PCM16: [1920, false], Opus: [92, true] } as const;
/** A websocket message's own bytes, and TCP's. */
const headerBytes = 60;

/**
 * Speaks for two minutes over a link of which each opportunity takes 1500 bytes.
 * @param isLate - An encoder gives a chunk's bytes to the socket only when the next chunks have been looked at.
 */
function speakOver(opportunitiesMs: readonly number[], chunkBytes: number, isLate: boolean) {
  const periodMs = opportunitiesMs.at(-1)! + 1;
  let [socketBytes, encoding, waiting, next, round] = [0, 0, 0, 0, 0];
  const uplink = new Uplink({
    chunkBytes,
    bufferedBytes: () => socketBytes,
    send: () => {
      if (isLate) encoding += 1;
      else socketBytes += chunkBytes + headerBytes;
    },
    release: () => (waiting -= 1),
  });
  const backlogsMs: number[] = [];
  const capacities: number[] = [];
  for (let nowMs = 0; nowMs < 120_000; nowMs += chunkMs) {
    let capacity = 0;
    while (opportunitiesMs[next]! + round * periodMs <= nowMs) {
      capacity += 1500;
      socketBytes = Math.max(0, socketBytes - 1500);
      if (++next === opportunitiesMs.length) [next, round] = [0, round + 1];
    }
    capacities.push(capacity);
    waiting += 1;
    // Three seconds of speech, one of pause.
    uplink.push(new Int16Array(960).fill(nowMs % 4000 < 3000 ? 5000 : 0).buffer);
    socketBytes += encoding * (chunkBytes + headerBytes);
    encoding = 0;
    backlogsMs.push(waiting * chunkMs + (socketBytes / (chunkBytes + headerBytes)) * chunkMs);
  }
  return { backlogsMs, capacities, sent: uplink.sent, dropped: uplink.dropped };
}

describe('what the visitor says over a recorded cellular uplink', () => {
  for (const { name, opportunitiesMs } of uplinks) {
    const skip = opportunitiesMs ? false : 'its recording is not here: see TRACES in scripts/bench/networks.ts';
    for (const [codec, [chunkBytes, isLate]] of Object.entries(wires))
      it(
        `${name}, ${codec}: never waits for more than 1.5 s, in the socket or before it, and is live a second after the link is back`,
        { skip },
        (t) => {
          const { backlogsMs, capacities, sent, dropped } = speakOver(opportunitiesMs!, chunkBytes, isLate);
          t.diagnostic(
            `longest backlog ${Math.max(...backlogsMs).toFixed(0)} ms, ${dropped} of ${sent + dropped} chunks given up`,
          );
          assert.ok(Math.max(...backlogsMs) <= 1500, `${Math.max(...backlogsMs)} ms`);
          // The link is back once it could take three times the speech for a second, and did not stand still for 100 ms of it.
          const second = 1000 / chunkMs;
          let recoveries = 0;
          backlogsMs.forEach((backlogMs, i) => {
            if (i < second || Math.max(...backlogsMs.slice(i - second, i)) < 500) return;
            const past = capacities.slice(i - second, i + 1);
            const total = past.reduce((sum, bytes) => sum + bytes, 0);
            const stands = (from: number) => past.slice(from, from + 5).every((bytes) => bytes < chunkBytes);
            if (total < 3 * second * chunkBytes || past.some((_, j) => j + 5 <= past.length && stands(j))) return;
            recoveries += 1;
            assert.ok(backlogMs <= 100, `${backlogMs} ms at ${i * chunkMs} ms`);
          });
          t.diagnostic(`${recoveries} recoveries`);
          assert.ok(recoveries > 0);
        },
      );
  }
});
