import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Flags } from '../../server/environment.js';
import { runServe } from '../../server/run-serve.js';
import { apiKey, page, supportId } from './support.js';

const working = { SYNTHFLOW_API_KEY: apiKey, SYNTHFLOW_AGENTS: supportId, ALLOWED_ORIGINS: page, PORT: '0' };

describe('serve', () => {
  it('does not start on what it cannot work with, and quotes none of it', async () => {
    const mistakes: [flags: Flags, environment: Record<string, string>, message: RegExp][] = [
      [{}, { LIMIT_PER_DAY: apiKey }, /^LIMIT_PER_DAY must be/],
      [{ limits: 'on' }, {}, /^LIMITS can say off/],
      [{ 'trusted-proxies': 'nginx' }, {}, /TRUSTED_PROXIES/],
      [{ 'log-level': 'loud' }, {}, /^LOG_LEVEL must be/],
      [{ challenge: 'sometimes' }, {}, /^CHALLENGE must be/],
      [{ challenge: 'always' }, { CHALLENGE_SECRET: apiKey }, /shorter than 32/],
      [{ challenge: 'always', 'challenge-effort': '1' }, {}, /CHALLENGE_EFFORT/],
      [{ challenge: 'always' }, { REDIS_URL: `redis://:${apiKey}@localhost` }, /^CHALLENGE_SECRET is not set/],
      [{}, { REDIS_URL: `http://:${apiKey}@localhost` }, /^REDIS_URL must be/],
    ];
    for (const [flags, environment, message] of mistakes) {
      await assert.rejects(runServe(flags, { ...working, ...environment }), (error: Error) => {
        assert.match(error.message, message);
        assert.ok(!error.message.includes(apiKey));
        return true;
      });
    }
  });
});
