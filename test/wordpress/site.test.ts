import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Browser, BrowserContext, ElementHandle, Frame, Page } from 'puppeteer-core';
import { buildWordPress, pluginFolder, pluginZip } from '../../scripts/build-wordpress.mjs';
import { createSimulator, type Simulator } from '../../simulator/simulator.js';
import { launch } from '../e2e/support/launch.js';
import { clickCall, consoleOf, visit, waitForStatus } from '../e2e/support/site.js';
import { administrator, phpOf, releases, startWordPress, trouble, type WordPress } from './support/wordpress.js';

// By URL: what a page loads as it is has no types.
const { shortcode } = (await import(new URL('../../public/shortcode.js', import.meta.url).href)) as {
  shortcode: (attributes: [name: string, value: string][]) => string;
};

interface Attribute {
  name: string;
  type?: { text: string };
  default?: string;
}
const { modules } = JSON.parse(readFileSync('custom-elements.json', 'utf8')) as {
  modules: { declarations: { tagName?: string; attributes: Attribute[] }[] }[];
};
const manifest = modules.flatMap(({ declarations }) => declarations).find(({ tagName }) => tagName)!;

const apiKey = 'sk-KEY-in-wordpress-7f3a9c';
const media = { protocol: 'media', fromPhoneNumber: '+15551230001', toPhoneNumber: '+15551230002' };

/** Where pictures go, for whoever wants to see what the tests saw: `PICTURES=folder npm run test:wordpress`. */
const pictures = process.env['PICTURES'];

for (const release of releases) {
  describe(`a site with WordPress ${release}`, () => {
    let simulator: Simulator;
    let wordpress: WordPress;
    let browser: Browser;
    let admin: Page;
    const adminUrl = (page: string): string => `${wordpress.url}/wp-admin/${page}`;
    const picture = async (page: Page, name: string): Promise<void> => {
      if (pictures) await page.screenshot({ path: path.join(pictures, `${release}-${name}.png`), fullPage: true });
    };
    /** Publishes a page and answers its URL. */
    const publish = (content: string): string =>
      wordpress.php(
        `return get_permalink( wp_insert_post( wp_slash( array( 'post_type' => 'page', 'post_status' => 'publish', 'post_title' => 'Talk', 'post_content' => ${phpOf(content)} ) ) ) );`,
      );
    /** A visitor whom the site does not know. */
    const asVisitor = async (url: string, test: (page: Page) => Promise<void>): Promise<void> => {
      const context: BrowserContext = await browser.createBrowserContext();
      const page = await visit(context, url, { record: false, hasTag: false });
      await test(page);
      assert.deepEqual(consoleOf.get(page), []);
      await context.close();
    };
    /** A whole call: until both are heard, and then until the visitor hangs up. */
    const talk = async (page: Page): Promise<void> => {
      await page.waitForFunction(() => customElements.get('synthflow-call'));
      await clickCall(page);
      await waitForStatus(page, 'active', 30_000);
      const reporting = simulator.nextReport();
      await page.waitForFunction(
        () => {
          const { chunksSent, firstAudioMs, agentLevelDbfs } = document.querySelector('synthflow-call')!.stats;
          return chunksSent > 100 && firstAudioMs !== undefined && agentLevelDbfs > -50;
        },
        { timeout: 30_000 },
      );
      await clickCall(page);
      await waitForStatus(page, 'ended');
      const report = await reporting;
      assert.ok(report.levelDbfs > -60, `the agent heard ${report.levelDbfs} dBFS`);
      assert.equal(report.endedBy, 'visitor');
    };

    before(async () => {
      buildWordPress();
      if (pictures) mkdirSync(pictures, { recursive: true });
      simulator = await createSimulator({ apiKey });
      wordpress = await startWordPress(release, {
        SYNTHFLOW_WIDGET_URL: simulator.url,
        SYNTHFLOW_API_URL: simulator.apiUrl,
        FS_METHOD: 'direct',
      });
      execFileSync('chown', ['-R', 'www-data', `${wordpress.folder}/wp-content`]);
      browser = await launch();
      admin = await browser.newPage();
      await admin.setViewport({ width: 1280, height: 900 });
      await admin.goto(`${wordpress.url}/wp-login.php`);
      // Not typed: 200 ms after it has loaded, WordPress' page takes the focus back to the first field and selects its text.
      await admin.$eval(
        '#loginform',
        (form, { name, password }) => {
          for (const [id, value] of Object.entries({ user_login: name, user_pass: password })) {
            form.querySelector<HTMLInputElement>(`#${id}`)!.value = value;
          }
        },
        administrator,
      );
      await Promise.all([admin.waitForNavigation(), admin.$eval('#wp-submit', (one) => (one as HTMLElement).click())]);
      assert.equal(new URL(admin.url()).pathname, '/wp-admin/');
    });
    after(async () => {
      await browser?.close();
      await wordpress?.stop();
      await simulator?.close();
    });

    it('takes the plugin as a .zip, activates it, and leads to its settings', async () => {
      await admin.goto(adminUrl('plugin-install.php?tab=upload'));
      const field = (await admin.$('#pluginzip')) as ElementHandle<HTMLInputElement>;
      await field.uploadFile(pluginZip);
      await Promise.all([
        admin.waitForNavigation(),
        admin.$eval('#install-plugin-submit', (one) => (one as HTMLElement).click()),
      ]);
      const activate = await admin.waitForSelector('a[href*="action=activate"]');
      await Promise.all([admin.waitForNavigation(), activate!.click()]);
      await Promise.all([admin.waitForNavigation(), admin.click('#the-list a[href*="page=synthflow-call"]')]);
      assert.match(
        await textOf(admin, '.notice-warning'),
        /^Nobody can call yet\. The Synthflow API key is missing\.$/,
      );
      await picture(admin, 'settings-empty');
    });

    it('shows visitors nothing while it is not set up, and its owner a sentence', async () => {
      const url = publish('[synthflow_call]');
      await asVisitor(url, async (page) => assert.equal(await page.$('synthflow-call'), null));
      await admin.goto(url);
      assert.match(await textOf(admin, '.synthflow-call-problem'), /Only you see this.*API key is missing/);
    });

    it('keeps what was typed where it is wrong, and says what', async () => {
      await admin.goto(adminUrl('options-general.php?page=synthflow-call'));
      await admin.type('#synthflow-call-key', apiKey);
      await admin.type('[name="synthflow_call[agents][0][alias]"]', 'support');
      await admin.type('[name="synthflow_call[agents][0][id]"]', 'not an id');
      await Promise.all([admin.waitForNavigation(), admin.click('#submit')]);
      assert.match(await textOf(admin, '.notice-warning'), /Agent 1 has no valid id/);
      assert.equal(
        await admin.$eval('[name="synthflow_call[agents][0][id]"]', (one) => (one as HTMLInputElement).value),
        'not an id',
      );
    });

    it('is ready once it is right, and the key is on no page any more', async () => {
      await admin.$eval('[name="synthflow_call[agents][0][id]"]', (one) => void ((one as HTMLInputElement).value = ''));
      await admin.type('[name="synthflow_call[agents][0][id]"]', simulator.agents['talk']!);
      await Promise.all([admin.waitForNavigation(), admin.click('#submit')]);
      assert.match(await textOf(admin, '.notice-success.inline'), /^Ready\./);
      assert.ok(!(await admin.content()).includes(apiKey));
      await picture(admin, 'settings');
      // WordPress' own page of all options.
      await admin.goto(adminUrl('options.php'));
      assert.ok(!(await admin.content()).includes(apiKey));
      assert.match(await admin.content(), /synthflow_call_key/);
      assert.equal(wordpress.php('return SynthflowCall\\get_api_key();'), apiKey);
      // Saving the page again, with the field empty, keeps it.
      await admin.goto(adminUrl('options-general.php?page=synthflow-call'));
      await Promise.all([admin.waitForNavigation(), admin.click('#submit')]);
      assert.match(await textOf(admin, '.notice-success.inline'), /^Ready\./);
      assert.ok(
        ['no', 'off'].includes(
          wordpress.php(
            `global $wpdb; return $wpdb->get_var( "SELECT autoload FROM $wpdb->options WHERE option_name = 'synthflow_call_key'" );`,
          ),
        ),
      );
    });

    it('lets the owner try it there, logged in', async () => {
      await talk(admin);
    });

    it('has a block, which the editor shows as it will be, with a control for each attribute', async () => {
      await admin.goto(adminUrl('post-new.php?post_type=page'));
      await admin.waitForFunction(() => window.wp?.blocks?.getBlockType('synthflow/call'));
      // What is done before it is set up, the editor forgets.
      await admin.waitForFunction(
        () =>
          window.wp!.data.select('core/editor').__unstableIsEditorReady() &&
          document.querySelector('.editor-post-title, iframe[name="editor-canvas"]'),
      );
      await admin.evaluate(() => {
        const { blocks, data } = window.wp!;
        data.dispatch('core/preferences')?.set('core/edit-post', 'welcomeGuide', false);
        const block = blocks.createBlock('synthflow/call');
        data.dispatch('core/editor').editPost({ title: 'Talk to us' });
        data.dispatch('core/block-editor').insertBlocks(block);
        data.dispatch('core/block-editor').selectBlock(block.clientId);
        data.dispatch('core/edit-post').openGeneralSidebar('edit-post/block');
      });
      const canvas = await canvasOf(admin);
      await canvas.waitForFunction(() => document.querySelector('synthflow-call:defined')?.shadowRoot);
      await admin.waitForSelector('.block-editor-block-inspector .components-panel__body');
      const panels = await admin.$$(
        '.block-editor-block-inspector .components-panel__body:not(.is-opened) .components-panel__body-toggle',
      );
      for (const panel of panels) await panel.evaluate((one) => (one as HTMLElement).click());
      const wanted = wordpress.php<string[]>(`return array_column( SynthflowCall\\attributes(), 'label' );`);
      await admin.waitForFunction(
        (label) => document.querySelector('.block-editor-block-inspector')?.textContent?.includes(label),
        {},
        wanted.at(-1)!,
      );
      const labels = await admin.$$eval('.block-editor-block-inspector label', (all) =>
        all.map((one) => one.textContent),
      );
      assert.deepEqual(
        wanted.filter((label) => !labels.includes(label)),
        [],
      );
      // The plugin sets four of them itself: see build-wordpress.mjs.
      assert.equal(wanted.length, manifest.attributes.length - 4);

      await choose(admin, 'Variant', 'card');
      await type(admin, 'Heading', 'Ask us "anything" <b>');
      await canvas.waitForFunction(
        () => document.querySelector('synthflow-call')?.getAttribute('heading') === 'Ask us "anything" <b>',
      );
      assert.equal(await canvas.$eval('synthflow-call', (one) => one.getAttribute('variant')), 'card');
      // A click in the editor must not start a call.
      assert.ok(await canvas.$eval('synthflow-call', (one) => one.closest('[inert]') !== null));
      await picture(admin, 'editor');
      await admin.evaluate(async () => {
        const { dispatch } = window.wp!.data;
        dispatch('core/editor').editPost({ status: 'publish' });
        await dispatch('core/editor').savePost();
      });
    });

    it('has a page on which a visitor talks with the agent', async () => {
      const url = wordpress.php<string>(
        `return get_permalink( get_posts( array( 'post_type' => 'page', 'title' => 'Talk to us' ) )[0] );`,
      );
      await asVisitor(url, async (page) => {
        const tag = await page.$eval('synthflow-call', (one) => ({
          variant: one.getAttribute('variant'),
          heading: one.getAttribute('heading'),
        }));
        assert.deepEqual(tag, { variant: 'card', heading: 'Ask us "anything" <b>' });
        const html = await page.content();
        assert.ok(!html.includes(apiKey) && !/nonce/i.test(/<synthflow-call[^>]*>/.exec(html)![0]));
        const isModule = await page.$eval(
          'script[src*="/synthflow-call/script/"]',
          (one) => (one as HTMLScriptElement).type === 'module',
        );
        assert.equal(isModule, release !== '6.1');
        await talk(page);
        await picture(page, 'page');
      });
    });

    it('has a shortcode, whose author cannot send the sound elsewhere or load code', async () => {
      const evil =
        'token-endpoint="https://evil.example/" assets-url="https://evil.example/" worklet-url="https://evil.example/w.js" session-url="wss://evil.example/"';
      const url = publish(
        `[synthflow_call variant="icon" size="huge" reconnect label='" onclick="alert(1)' onclick="alert(1)" ${evil}]`,
      );
      await asVisitor(url, async (page) => {
        const attributes = await page.$eval('synthflow-call', (one) =>
          Object.fromEntries(one.getAttributeNames().map((name) => [name, one.getAttribute(name)])),
        );
        assert.deepEqual(attributes, {
          'token-endpoint': `${wordpress.url}/wp-json/synthflow-call/v1/token`,
          'assets-url': `${wordpress.url}/wp-content/plugins/synthflow-call/script/`,
          variant: 'icon',
          reconnect: '',
          label: '" onclick="alert(1)',
        });
        await talk(page);
      });
    });

    it('has a shortcode that keeps all that the playground writes into one', async () => {
      const words = `It's "50 %" off <b>&amp; more</b> [today] -- C:\\new`;
      const attributes = manifest.attributes
        .filter(({ name }) => !['token-endpoint', 'session-url', 'assets-url', 'worklet-url'].includes(name))
        .map(({ name, type, default: initial }): [string, string] => {
          const values = [...(type?.text ?? '').matchAll(/'([^']+)'/g)].map(([, value]) => value!);
          if (type?.text === 'boolean') return [name, ''];
          if (type?.text === 'number') return [name, '7'];
          if (name === 'hours') return [name, 'Mo-Fr 09:00-17:00 Europe/Berlin'];
          return [name, values.find((value) => `'${value}'` !== initial) ?? words];
        });
      // As the Shortcode block keeps it, and as a paragraph of the classic editor.
      const line = shortcode(attributes);
      for (const content of [`<!-- wp:shortcode -->\n${line}\n<!-- /wp:shortcode -->`, `Talk: ${line} now`]) {
        // As WordPress writes it: with `debug` the tag itself would say much.
        const page = await browser.newPage();
        await page.setJavaScriptEnabled(false);
        await page.goto(publish(content));
        const kept = await page.$eval('synthflow-call', (one) =>
          one.getAttributeNames().map((name): [string, string] => [name, one.getAttribute(name)!]),
        );
        assert.deepEqual(
          kept.filter(([name]) => !['token-endpoint', 'assets-url'].includes(name)).sort(),
          attributes.sort(),
        );
        await page.close();
      }
    });

    it('speaks WebSocket media too, and both on one page by their names', async () => {
      const row = { ...media, id: simulator.agents['talk'] };
      const agents = [
        { alias: 'support', id: simulator.agents['talk'] },
        { alias: 'media', ...row },
        { alias: 'bind', bind: '1', ...row },
      ];
      wordpress.php(
        `update_option( 'synthflow_call', array( 'agents' => ${phpOf(agents)}, 'limits' => array( 'address_per_minute' => '' ) ) + get_option( 'synthflow_call' ) );`,
      );
      for (const alias of ['media', 'bind']) {
        await asVisitor(publish(`[synthflow_call assistant-id="${alias}"]`), talk);
      }
      assert.equal(simulator.callsCreated, 2);
    });

    it('has a button on every page once that is switched on, but not where a filter says no', async () => {
      await admin.goto(adminUrl('options-general.php?page=synthflow-call'));
      await admin.click('[name="synthflow_call[everywhere]"]');
      await Promise.all([admin.waitForNavigation(), admin.click('#submit')]);
      await asVisitor(`${wordpress.url}/`, async (page) => {
        assert.equal(await page.$eval('synthflow-call', (one) => one.getAttribute('position')), 'bottom-right');
        await talk(page);
        await picture(page, 'everywhere');
      });
      mkdirSync(`${wordpress.folder}/wp-content/mu-plugins`, { recursive: true });
      const filter = `${wordpress.folder}/wp-content/mu-plugins/filter.php`;
      writeFileSync(
        filter,
        `<?php add_filter( 'synthflow_call_everywhere', function ( $is_there ) { return $is_there && ! is_404(); } );`,
      );
      await asVisitor(`${wordpress.url}/`, async (page) => assert.ok(await page.$('synthflow-call')));
      const missing = await fetch(`${wordpress.url}/not-there/`);
      assert.equal(missing.status, 404);
      assert.doesNotMatch(await missing.text(), /<synthflow-call/);
    });

    it('is translated where there is a translation', async () => {
      const folder = `${wordpress.folder}/wp-content/languages/plugins`;
      mkdirSync(folder, { recursive: true });
      writeFileSync(
        `${folder}/de.po`,
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\nmsgid "Show the button on every page"\nmsgstr "Auf jeder Seite zeigen"\n',
      );
      execFileSync('msgfmt', ['-o', `${folder}/synthflow-call-de_DE.mo`, `${folder}/de.po`]);
      // Every word has a place in the template.
      execFileSync('msgfmt', ['--check', '-o', '/dev/null', `${pluginFolder}/languages/synthflow-call.pot`]);
      writeFileSync(
        `${wordpress.folder}/wp-content/mu-plugins/german.php`,
        `<?php add_filter( 'locale', function () { return 'de_DE'; } );`,
      );
      await admin.goto(adminUrl('options-general.php?page=synthflow-call'));
      assert.match(await textOf(admin, '.form-table'), /Auf jeder Seite zeigen/);
    });

    it('has neither warned nor failed, and said the key nowhere', () => {
      const log = wordpress.log();
      assert.doesNotMatch(log, trouble);
      assert.ok(!log.includes(apiKey));
      assert.match(log, /synthflow-call: \{"requestId":"[\da-f-]{36}","status":200,"agent":"support","ms":\d+\}/);
      assert.match(log, /"agent":"bind","callId":"/);
    });

    it('leaves nothing behind', () => {
      wordpress.php(`deactivate_plugins( 'synthflow-call/synthflow-call.php' );`);
      assert.equal(wordpress.php('return (bool) wp_next_scheduled( "synthflow_call_forget" );'), false);
      wordpress.php(`WP_Filesystem(); delete_plugins( array( 'synthflow-call/synthflow-call.php' ) );`);
      const left = wordpress.php<string[]>(`global $wpdb; return array_merge(
        $wpdb->get_col( "SELECT option_name FROM $wpdb->options WHERE option_name LIKE '%synthflow%' OR ( option_name = 'cron' AND option_value LIKE '%synthflow%' )" ),
        $wpdb->get_col( "SHOW TABLES LIKE '%synthflow%'" ) );`);
      assert.deepEqual(left, []);
      assert.ok(!existsSync(`${wordpress.folder}/wp-content/plugins/synthflow-call`));
    });
  });
}

const textOf = (page: Page, selector: string): Promise<string> =>
  page.$eval(selector, (one) => one.textContent!.replace(/\s+/g, ' ').trim());

/** Where the editor shows the post: the page itself, or a frame in it. */
async function canvasOf(page: Page): Promise<Page | Frame> {
  const found = await page.waitForFunction(() => {
    const frame = document.querySelector<HTMLIFrameElement>('iframe[name="editor-canvas"]');
    return frame?.contentDocument?.querySelector('synthflow-call')
      ? 'frame'
      : document.querySelector('synthflow-call') && 'page';
  });
  if ((await found.jsonValue()) === 'page') return page;
  return (await (await page.$('iframe[name="editor-canvas"]'))!.contentFrame())!;
}

/** The control with this label, in the block's sidebar. */
const control = async (page: Page, label: string): Promise<string> =>
  page.$$eval(
    '.block-editor-block-inspector label',
    (all, wanted) => `[id="${all.find((one) => one.textContent === wanted)!.htmlFor}"]`,
    label,
  );

const choose = async (page: Page, label: string, value: string) => page.select(await control(page, label), value);
const type = async (page: Page, label: string, text: string) => page.type(await control(page, label), text);

interface WordPressScripts {
  blocks: { getBlockType(name: string): unknown; createBlock(name: string): { clientId: string } };
  data: {
    select(store: 'core/editor'): { __unstableIsEditorReady(): boolean };
    // eslint-disable-next-line @typescript-eslint/no-explicit-any -- WordPress has no types here.
    dispatch(store: string): any;
  };
}

declare global {
  interface Window {
    wp?: WordPressScripts;
  }
}
