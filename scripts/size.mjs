// Part of `npm run size`: what bundlers make of the exports that have a limit, into coverage/.
import { build } from 'esbuild';
import { root } from './setup.mjs';

const bundle = (entry, name, options) =>
  build({
    entryPoints: [`${root}${entry}`],
    outfile: `${root}coverage/${name}.min.js`,
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'neutral',
    logLevel: 'warning',
    ...options,
  });

await bundle('server/index.ts', 'server');
// What it imports at need stays a file of its own in the site's bundle.
await bundle('dist/npm/client.js', 'client', {
  external: ['diagnose', 'challenge', 'host', 'synthflow-call.worklet'].map((name) => `./${name}*`),
});
// Files of ours that they name by `?file` are counted by themselves.
const engine = { target: 'es2022', external: ['*?file', './host.js'] };
await bundle('src/audio/audio-engine.ts', 'audio-engine', engine);
await bundle('src/call/call-thread.ts', 'call-thread', engine);
await bundle('src/protocol/socket-host.ts', 'socket-host', engine);
