import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { resolveAgents } from '../../server/resolve-agents.js';
import { fullMediaAgent, mediaAgent, modelId, salesId, supportId } from './support.js';

const resolve = (options: object) => resolveAgents({ agent: { ...mediaAgent, ...options } }, undefined)[0]!;

describe('an agent of the widget websocket', () => {
  it('is an id, alone or in its field', () => {
    for (const options of [salesId, { id: salesId }, { protocol: 'pcm', id: salesId }]) {
      assert.deepEqual(resolveAgents({ sales: options }, undefined), [
        { protocol: 'pcm', alias: 'sales', id: salesId },
      ]);
    }
  });

  it('needs a valid id, and has no other field', () => {
    for (const id of [undefined, null, 5, '', 'x', {}, []]) {
      assert.throws(() => resolveAgents({ agent: { id } }, undefined), /^TypeError: Agent 1 has no valid id/);
    }
    const fields = { id: supportId, codec: 'l16' };
    assert.throws(
      () => resolveAgents({ agent: fields }, undefined),
      /a field that pcm agents do not have: .*protocol, id\.$/,
    );
  });
});

describe('an agent of WebSocket media', () => {
  it('speaks l16 in payload framing with the live version unless told otherwise', () => {
    assert.deepEqual(resolve({}), {
      protocol: 'media',
      alias: 'agent',
      id: modelId,
      codec: 'l16',
      framing: 'payload',
      bind: false,
      apiBaseUrl: 'https://api.synthflow.ai/v2',
      callFields: {
        modelId,
        fromPhoneNumber: mediaAgent.fromPhoneNumber,
        toPhoneNumber: mediaAgent.toPhoneNumber,
        wsMediaCodec: 'l16',
        wsMediaFraming: 'payload',
      },
    });
  });

  it('takes all that can be said of it', () => {
    assert.deepEqual(resolve(fullMediaAgent), {
      protocol: 'media',
      alias: 'agent',
      id: modelId,
      codec: 'pcma',
      framing: 'rtp',
      bind: true,
      apiBaseUrl: 'https://api.eu.synthflow.ai/v2',
      callFields: {
        modelId,
        fromPhoneNumber: mediaAgent.fromPhoneNumber,
        toPhoneNumber: mediaAgent.toPhoneNumber,
        leadName: 'Website visitor',
        agentVersion: 'draft',
        wsMediaCodec: 'pcma',
        wsMediaFraming: 'rtp',
      },
    });
    assert.doesNotThrow(() => resolve({ agentVersion: supportId, leadName: 'é'.repeat(128) }));
    assert.doesNotThrow(() =>
      resolve({ leadName: undefined, agentVersion: undefined, codec: undefined, bind: undefined }),
    );
  });

  it('frames every codec both ways, but opus in rtp alone', () => {
    const framingOf = (options: object): string => (resolve(options) as { framing: string }).framing;
    for (const codec of ['l16', 'pcmu', 'pcma']) {
      assert.equal(framingOf({ codec }), 'payload');
      assert.equal(framingOf({ codec, framing: 'rtp' }), 'rtp');
    }
    assert.equal(framingOf({ codec: 'opus' }), 'rtp');
    assert.equal(framingOf({ codec: 'opus', framing: 'rtp' }), 'rtp');
    assert.throws(() => framingOf({ codec: 'opus', framing: 'payload' }), /opus goes in rtp only/);
  });

  it('is called in its region, or where the endpoint says, whatever its region', () => {
    const baseOf = (region: string | undefined, base?: string) =>
      (resolveAgents({ agent: { ...mediaAgent, region } }, base)[0] as { apiBaseUrl: string }).apiBaseUrl;
    assert.equal(baseOf(undefined), 'https://api.synthflow.ai/v2');
    assert.equal(baseOf('us'), 'https://api.us.synthflow.ai/v2');
    assert.equal(baseOf('eu'), 'https://api.eu.synthflow.ai/v2');
    assert.equal(baseOf('eu', 'http://localhost:1'), 'http://localhost:1');
  });

  const mistakes: [field: string, values: unknown[], message: RegExp][] = [
    ['protocol', ['rtp', 'Media', null, 5], /neither pcm nor media/],
    ['modelId', [undefined, null, salesId, '', `${modelId} `, 5], /no valid modelId/],
    ['fromPhoneNumber', [undefined, null, 15551230001, '', '+', '+1 555', 'anonymous', '1'.repeat(16)], /valid from/],
    ['toPhoneNumber', [undefined, null, 15551230001, '', '+1555x', '+1555\n'], /valid toPhone/],
    ['leadName', ['', 'x'.repeat(129), 'a\nb', null, 5], /leadName that is not one line/],
    ['agentVersion', ['', 'live', 'Draft', 3, null], /neither draft nor a UUID/],
    ['codec', ['L16', 'g722', '', 5], /unknown codec/],
    ['framing', ['RTP', 'raw', '', true], /unknown framing/],
    ['bind', ['true', 1, null], /bind that is neither/],
    ['region', ['EU', 'asia', '', null, '__proto__'], /neither us nor eu/],
    ['wsMediaCodec', ['l16'], /a field that media agents do not have/],
    ['id', [modelId], /a field that media agents do not have/],
  ];
  for (const [field, values, message] of mistakes) {
    it(`is refused at start-up for a wrong ${field}, by its number`, () => {
      for (const value of values) {
        const agents = { support: supportId, media: { ...mediaAgent, [field]: value } };
        const refused = (error: Error): boolean =>
          error instanceof TypeError && error.message.startsWith('Agent 2 ') && message.test(error.message);
        assert.throws(() => resolveAgents(agents, undefined), refused, String(value));
      }
    });
  }
});
