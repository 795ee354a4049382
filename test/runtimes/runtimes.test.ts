import { after, before, describe, it } from 'node:test';
import { version } from '../../server/version.js';
import { challengeSettings, checkAddressLimit, checkChallenge, testContract } from '../contract/contract.js';
import { startUpstream, type Upstream } from '../contract/upstream.js';
import { hosts, type Running } from './hosts.js';

const only = process.env['RUNTIME'];
const tokenPath = '/api/synthflow/token';

for (const host of hosts.filter(({ name }) => !only || name === only)) {
  describe(host.name, () => {
    let upstream: Upstream;
    let open: Running;
    const start = (more: Record<string, string>) =>
      host.start({ ...upstream.settings, TRUSTED_PROXIES: host.trustedProxies, ...more });
    before(async () => {
      upstream = await startUpstream();
      open = await start({ LIMITS: 'off' });
    });
    after(async () => {
      await open.stop();
      upstream.close();
    });

    testContract(() => ({
      url: open.url + tokenPath,
      upstream,
      version,
      platformKnowsMethods: host.knowsMethods,
      output: () => open.output(),
    }));

    const withSettings = async (more: Record<string, string>, check: (url: string) => Promise<void>) => {
      const running = await start(more);
      try {
        await check(running.url + tokenPath);
      } finally {
        await running.stop();
      }
    };

    it('lets exactly 4 of 12 of one address pass, counts others apart, and believes no forged address', () =>
      withSettings({ LIMIT_ADDRESS_PER_MINUTE: '4' }, checkAddressLimit));

    it('gives a session for a solved challenge, once', () => withSettings(challengeSettings, checkChallenge));
  });
}
