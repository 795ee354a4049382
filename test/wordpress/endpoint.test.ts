import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { checkAddressLimit, testContract } from '../contract/contract.js';
import { ask, send } from '../contract/send.js';
import { apiKey, page, startUpstream, type Upstream } from '../contract/upstream.js';
import { version } from '../../server/version.js';
import { installPlugin, phpOf, releases, startWordPress, type WordPress } from './support/wordpress.js';

const noLimits = { address_per_minute: '', address_per_hour: '', per_minute: '', per_day: '' };

/** An agent as the settings page stores it, from the endpoint's own options. */
const rowOf = ([alias, options]: [string, unknown]) => {
  if (typeof options === 'string') return { alias, id: options };
  const { modelId, bind, ...rest } = options as Record<string, unknown>;
  return { alias, id: modelId, bind: bind ? '1' : '', ...rest };
};

for (const release of releases) {
  describe(`the token endpoint in WordPress ${release}`, () => {
    let upstream: Upstream;
    let wordpress: WordPress;
    let url: string;
    /** Stores settings on top of those of the contract, and forgets what was counted. */
    const configure = (settings: object): void => {
      const agents = Object.entries(JSON.parse(upstream.settings.SYNTHFLOW_AGENTS) as object).map(rowOf);
      const all = { agents, origins: [page], limits: noLimits, proxies: '1', ...settings };
      wordpress.php(`global $wpdb; update_option( 'synthflow_call', ${phpOf(all)} ); $wpdb->query( "DELETE FROM {$wpdb->prefix}synthflow_call_uses" );`);
    };
    before(async () => {
      upstream = await startUpstream();
      const { SYNTHFLOW_WIDGET_URL, SYNTHFLOW_API_URL } = upstream.settings;
      wordpress = await startWordPress(release, { SYNTHFLOW_WIDGET_URL, SYNTHFLOW_API_URL });
      installPlugin(wordpress);
      url = `${wordpress.url}/wp-json/synthflow-call/v1/token`.replace('localhost', '127.0.0.1');
      wordpress.php(`update_option( 'synthflow_call_key', array( 'key' => ${phpOf(apiKey)} ) );`);
      configure({});
    });
    after(async () => {
      await wordpress.stop();
      upstream.close();
    });

    testContract(() => ({ url, upstream, version, output: () => wordpress.log() }));
  });
}
