import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { checkAddressLimit, testContract } from '../contract/contract.js';
import { ask, send } from '../contract/send.js';
import { apiKey, page, startUpstream, type Upstream } from '../contract/upstream.js';
import { version } from '../../server/version.js';
import { installPlugin, phpOf, releases, startWordPress, trouble, type WordPress } from './support/wordpress.js';

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
      const agents = Object.entries(JSON.parse(upstream.settings['SYNTHFLOW_AGENTS']!) as object).map(rowOf);
      const all = { agents, origins: [page], limits: noLimits, proxies: '1', ...settings };
      wordpress.php(
        `global $wpdb; update_option( 'synthflow_call', ${phpOf(all)} ); $wpdb->query( "DELETE FROM {$wpdb->prefix}synthflow_call_uses" );`,
      );
    };
    before(async () => {
      upstream = await startUpstream();
      const { SYNTHFLOW_WIDGET_URL = '', SYNTHFLOW_API_URL = '' } = upstream.settings;
      wordpress = await startWordPress(release, {
        SYNTHFLOW_WIDGET_URL,
        SYNTHFLOW_API_URL,
        // Else there are application passwords over https only.
        WP_ENVIRONMENT_TYPE: 'local',
      });
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

    it('answers also where there are no permalinks', async () => {
      const plain = `${new URL(url).origin}/?rest_route=/synthflow-call/v1/token`;
      assert.equal((await ask(plain, { assistant_id: 'support' })).status, 200);
      assert.equal((await send(plain, { method: 'GET', query: 'assistant_id=support' })).status, 200);
    });

    it('keeps its own shape and headers whatever WordPress is asked for besides', async () => {
      for (const query of ['_jsonp=f', '_envelope=1', '_method=OPTIONS&assistant_id=support', '_fields=x']) {
        const { headers, text } = await send(url, { method: 'GET', query: `${query}&assistant_id=support` });
        assert.match(headers['content-type']!, /^application\/json/);
        assert.ok(['sessionURL', 'error', 'ok'].includes(Object.keys(JSON.parse(text) as object)[0]!), text);
        assert.equal(headers['access-control-allow-credentials'], undefined);
      }
      assert.equal((await send(url, { method: 'HEAD' })).status, 405);
    });

    it('leaves the other routes their headers', async () => {
      const { headers } = await send(`${new URL(url).origin}/wp-json/`, { method: 'GET' });
      assert.equal(headers['access-control-allow-credentials'], 'true');
    });

    it('asks nobody who he is: neither an old nonce’s cookie nor a web server’s password gets in the way', async () => {
      // Many a plugin asks so early who it is. Until there is an application password, the core looks at none.
      const asking =
        "<?php add_filter( 'rest_authentication_errors', function ( $e ) { is_user_logged_in(); return $e; }, 1 );";
      mkdirSync(`${wordpress.folder}/wp-content/mu-plugins`, { recursive: true });
      writeFileSync(`${wordpress.folder}/wp-content/mu-plugins/asking.php`, asking);
      wordpress.php(`WP_Application_Passwords::create_new_application_password( 1, array( 'name' => 'an app' ) );`);
      const headers = { authorization: `Basic ${btoa('staging:secret')}`, cookie: 'wordpress_logged_in_x=admin|1|x|y' };
      const { status, text } = await ask(url, { assistant_id: 'support' }, headers);
      assert.equal(status, 200, text);
    });

    it('says that its settings are wrong, and not what they are', async () => {
      configure({ origins: ['*'] });
      const { status, text } = await ask(url, { assistant_id: 'support' });
      configure({});
      assert.equal(status, 500);
      assert.match(text, /"code":"misconfigured"/);
    });

    it('lets exactly 4 of 12 of one address pass, counts others apart, and believes no forged address', async () => {
      configure({ limits: { ...noLimits, address_per_minute: '4' } });
      await checkAddressLimit(url);
      assert.doesNotMatch(
        wordpress.php<string>(
          `global $wpdb; return json_encode( $wpdb->get_results( "SELECT * FROM {$wpdb->prefix}synthflow_call_uses" ) );`,
        ),
        /192\.0\.2/,
      );
    });

    it('lets exactly 7 of 12 at the same moment pass where the day has 7, and a new window begins after it', async () => {
      configure({ limits: { ...noLimits, per_day: '7' } });
      const all = () => Promise.all(Array.from({ length: 12 }, () => ask(url, { assistant_id: 'support' })));
      const count = (answers: { status: number }[]) => answers.filter(({ status }) => status === 200).length;
      assert.equal(count(await all()), 7);
      assert.equal(count(await all()), 0);
      // The day is over; again, they come at the same moment.
      wordpress.php(
        `global $wpdb; $wpdb->query( "UPDATE {$wpdb->prefix}synthflow_call_uses SET ends_at = UNIX_TIMESTAMP()" );`,
      );
      assert.equal(count(await all()), 7);
    });

    it('counts what creates a call: of connect-then-bind the second request', async () => {
      configure({ limits: { ...noLimits, address_per_minute: '1' } });
      const first = () => ask(url, { assistant_id: 'bind' });
      const second = () => ask(url, { assistant_id: 'bind', server_name: 'node-1' });
      const statuses = [];
      for (const send of [first, first, second, second, first]) statuses.push((await send()).status);
      assert.deepEqual(statuses, [200, 200, 200, 429, 429]);
    });

    it('lets nobody pass where it cannot count', async () => {
      configure({ limits: { ...noLimits, per_day: '7' } });
      const rename = (from: string, to: string) =>
        wordpress.php(`global $wpdb; $wpdb->query( "RENAME TABLE {$wpdb->prefix}${from} TO {$wpdb->prefix}${to}" );`);
      rename('synthflow_call_uses', 'elsewhere');
      const { status, text, headers } = await ask(url, { assistant_id: 'support' });
      rename('elsewhere', 'synthflow_call_uses');
      assert.deepEqual([status, headers['retry-after']], [503, '5']);
      assert.match(text, /"code":"busy"/);
    });

    it('forgets what is over, by itself', () => {
      const left = wordpress.php<number>(`global $wpdb;
        $wpdb->query( "UPDATE {$wpdb->prefix}synthflow_call_uses SET ends_at = UNIX_TIMESTAMP()" );
        do_action( wp_get_scheduled_event( 'synthflow_call_forget' )->hook );
        return (int) $wpdb->get_var( "SELECT COUNT(*) FROM {$wpdb->prefix}synthflow_call_uses" );`);
      assert.equal(left, 0);
    });

    it('counts addresses as the other endpoint does', () => {
      const given = [
        '192.0.2.1',
        '192.0.2.1:80',
        '256.0.0.1',
        '::ffff:192.0.2.1',
        '::FFFF:c000:201',
        '2001:db8:1:2:3:4:5:6',
        '[2001:DB8:1:2::9]:443',
        '::1',
        'fe80::1%eth0',
        'unknown',
        '',
        '1.2.3',
      ];
      const counted = wordpress.php(`return array_map( 'SynthflowCall\\household', ${phpOf(given)} );`);
      assert.deepEqual(counted, [
        '192.0.2.1',
        '192.0.2.1',
        null,
        '192.0.2.1',
        '192.0.2.1',
        '2001:db8:1:2::/64',
        '2001:db8:1:2::/64',
        '::/64',
        'fe80::/64',
        null,
        null,
        null,
      ]);
    });

    it('has neither warned nor failed, and said the key nowhere', () => {
      const log = wordpress.log();
      assert.doesNotMatch(log, trouble);
      assert.ok(!log.includes(apiKey));
    });
  });
}
