// `npm run soak`: 200 calls in one page and one call of ten minutes, over each wire, and an hour of simulated time, and what each
// of them holds on to. Fails where that is more than after the warm-up. `npm run soak -- --calls 500 --minutes 30` for other
// lengths, `--wire media` for one wire.
import { parseArgs } from 'node:util';
import { launch } from '../test/e2e/support/launch.js';
import { describeLook, leaks, soakCalls, soakOneCall, soakWires, type SoakOptions } from './soak/calls.js';
import { simulateCall } from './soak/simulated-hour.js';

const { values } = parseArgs({
  options: {
    calls: { type: 'string', default: '200' },
    minutes: { type: 'string', default: '10' },
    wire: { type: 'string', multiple: true, default: Object.keys(soakWires) },
  },
});
const [calls, minutes] = [Number(values.calls), Number(values.minutes)];
const found: string[] = [];

for (const wire of values.wire as SoakOptions['wire'][]) {
  if (!(wire in soakWires)) throw new Error(`--wire is ${wire}; it may be ${Object.keys(soakWires).join(', ')}.`);
  console.log(`${calls} calls in one page, over ${wire}`);
  await inBrowser(async (browser) => {
    const onLook = (look: Parameters<typeof describeLook>[1]) => console.log(describeLook('calls', look));
    const every = Math.ceil(calls / 10);
    found.push(...leaks(await soakCalls(browser, { wire, count: calls, every, onLook }), { isIdle: true }));
  });

  console.log(`\nOne call of ${minutes} minutes, over ${wire}`);
  await inBrowser(async (browser) => {
    const onLook = (look: Parameters<typeof describeLook>[1]) => console.log(describeLook('s', look));
    const every = Math.max(1, Math.round(minutes * 6));
    found.push(...leaks(await soakOneCall(browser, { wire, count: minutes * 60, every, onLook }), { isIdle: false }));
  });
}

console.log('\nAn hour of simulated time');
const looks = simulateCall(60, 6, ({ minute, bytes, chunksSent, chunksDropped, playedMs, underruns }) =>
  console.log(
    `${minute} min: ${(bytes / 1e6).toFixed(2)} MB, ${chunksSent} chunks sent, ${chunksDropped} given up, ` +
      `${(playedMs / 1000).toFixed(0)} s heard, ${underruns} gaps`,
  ),
);
if (looks.at(-1)!.bytes > looks[0]!.bytes * 1.05) found.push('The simulated hour holds more at its end.');

console.log(found.length ? `\n${found.join('\n')}` : '\nNothing is left.');
process.exit(found.length ? 1 : 0);

async function inBrowser(test: (browser: Awaited<ReturnType<typeof launch>>) => Promise<void>): Promise<void> {
  const browser = await launch();
  await test(browser).finally(() => browser.close());
}
