import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = fileURLToPath(new URL('../../', import.meta.url));
const advice = 'Opus needs the package libopus-wasm: npm install libopus-wasm, or choose l16, pcmu or pcma.';

const script = `
  import { WebSocket } from 'ws';
  import { createSimulator } from './simulator/simulator.ts';
  const log = [];
  const simulator = await createSimulator({ log: (line) => log.push(line) });
  const post = async (wsMediaCodec) => {
    const body = { modelId: simulator.agents.talk, fromPhoneNumber: '+1', toPhoneNumber: '+1', wsMediaCodec };
    const response = await fetch(simulator.apiUrl + '/calls/outbound-test-ws-media', {
      method: 'POST', headers: { authorization: 'Bearer any' }, body: JSON.stringify(body),
    });
    return { status: response.status, ...(await response.json()) };
  };
  const trial = () => new Promise((resolve, reject) => {
    const socket = new WebSocket(simulator.socketOrigin + '/media/start?scenario=tone&wsMediaCodec=opus');
    socket.on('error', reject).on('open', () => reject(new Error('It was opened.')));
    socket.on('unexpected-response', (_request, { statusCode }) => resolve(statusCode));
  });
  const answers = [await post('opus'), await post(), await trial(), (await post('pcmu')).status];
  const { callsCreated } = simulator;
  await simulator.close();
  console.log(JSON.stringify({ answers, callsCreated, log }));
`;

describe('the simulator where libopus-wasm is not installed', () => {
  it('refuses calls in Opus and says what to install, and goes on with the others', async () => {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--import', 'tsx', '--import', './test/support/without-opus.js', '--input-type=module', '--eval', script],
      { cwd: root },
    );
    const { answers, callsCreated, log } = JSON.parse(stdout) as Record<string, unknown>;
    const refused = { status: 503, detail: advice };
    assert.deepEqual(answers, [refused, refused, 503, 200]);
    assert.equal(callsCreated, 1);
    assert.deepEqual((log as string[]).slice(0, 3), [
      `request refused: 503, ${advice}`,
      `request refused: 503, ${advice}`,
      `websocket refused: 503, ${advice}`,
    ]);
  });
});
