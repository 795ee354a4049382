import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { freePort } from '../test/support/free-port.js';
import { ensureBrowser } from './browsers.mjs';

/** How WebDriver names an element in what it answers. */
const elementKey = 'element-6066-11e4-a52e-4f735466cecf';

/** WebDriver's code points of the keys that have no character. */
const keys: Readonly<Record<string, string>> = { Space: ' ', Enter: '\uE007', Tab: '\uE004', Escape: '\uE00C' };

export interface WebKitOptions {
  /** Whether there is a microphone: a made-up one, which is granted. Default true. */
  readonly hasMicrophone?: boolean;
  /** Whether sound needs no gesture. Default false. */
  readonly isAutoplayAllowed?: boolean;
  /** Whether the visitor has asked their desktop for less motion. Default false. */
  readonly isMotionReduced?: boolean;
  /** Environment of the browser, such as its sound server. */
  readonly env?: NodeJS.ProcessEnv;
}

/**
 * WebKitGTK's small browser on a screen of its own (Xvfb), led over WebDriver. One page at a time. It is WebKit's engine,
 * not Safari: none of the rules of iOS about sound are in it.
 */
export class WebKit {
  #folder = mkdtempSync(path.join(tmpdir(), 'synthflow-webkit-'));
  #env: NodeJS.ProcessEnv;
  #args: string[];
  #screen: ChildProcess | undefined;
  #driver: ChildProcess | undefined;
  /** Where it is told what to do. */
  #session = '';

  private constructor(options: WebKitOptions) {
    const { hasMicrophone = true, isAutoplayAllowed = false, isMotionReduced = false, env } = options;
    this.#env = { ...process.env, ...env, ...homeIn(this.#folder), LIBGL_ALWAYS_SOFTWARE: '1' };
    this.#args = ['--automation', '--enable-media-stream=true'];
    if (hasMicrophone) this.#args.push('--enable-mock-capture-devices=true');
    if (isAutoplayAllowed) this.#args.push('--autoplay-policy=allow');
    if (isMotionReduced) {
      mkdirSync(path.join(this.#folder, 'gtk-3.0'));
      writeFileSync(path.join(this.#folder, 'gtk-3.0/settings.ini'), '[Settings]\ngtk-enable-animations=0\n');
    }
  }

  static async launch(options: WebKitOptions = {}): Promise<WebKit> {
    ensureBrowser('webkit');
    const webkit = new WebKit(options);
    try {
      const flags = ['-displayfd', '3', '-screen', '0', '1280x1024x24', '-nolisten', 'tcp'];
      webkit.#screen = start('Xvfb', flags, webkit.#env);
      const [display] = (await once(webkit.#screen.stdio[3]!, 'data')) as [Buffer];
      webkit.#env.DISPLAY = `:${String(display).trim()}`;
      await webkit.restart();
      return webkit;
    } catch (error) {
      await webkit.close();
      throw error;
    }
  }

  /** Ends the browser, whatever has become of it (one whose sound runs may hang at its end), and starts another one. */
  async restart(): Promise<void> {
    await end(this.#driver);
    const port = await freePort();
    this.#driver = start('WebKitWebDriver', [`--port=${port}`, '--host=127.0.0.1'], this.#env);
    await isUp(`http://127.0.0.1:${port}/status`, this.#driver);
    const alwaysMatch = {
      browserName: 'MiniBrowser',
      pageLoadStrategy: 'none',
      // Its time limit would be a timer of the page.
      timeouts: { script: null },
      'webkitgtk:browserOptions': { binary: ensureBrowser('webkit'), args: this.#args },
    };
    const sessions = `http://127.0.0.1:${port}/session`;
    const { sessionId } = (await ask('POST', sessions, { capabilities: { alwaysMatch } })) as { sessionId: string };
    this.#session = `${sessions}/${sessionId}`;
  }

  /** Goes to a page, and does not wait until it is there. */
  async goto(url: string): Promise<void> {
    await ask('POST', `${this.#session}/url`, { url });
  }

  async url(): Promise<string> {
    return (await ask('GET', `${this.#session}/url`)) as string;
  }

  /** Runs a function in the page, and answers what it resolves to: JSON. */
  async evaluate<A extends unknown[], T>(pageFunction: ((...args: A) => T) | string, ...args: A): Promise<Awaited<T>> {
    const script = `const done = arguments[arguments.length - 1];
      Promise.resolve([].slice.call(arguments, 0, -1)).then((args) => (${String(pageFunction)})(...args))
        .then((value) => done({ value }), (error) => done({ error: String(error) }));`;
    const answer = (await ask('POST', `${this.#session}/execute/async`, { script, args })) as {
      value: Awaited<T>;
      error?: string;
    };
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer.value;
  }

  /** Clicks the middle of an element, as a visitor does. `find` is an expression of the page. */
  async click(find: string): Promise<void> {
    const script = `return ${find}`;
    const element = (await ask('POST', `${this.#session}/execute/sync`, { script, args: [] })) as Record<
      string,
      string
    >;
    await ask('POST', `${this.#session}/element/${element[elementKey]}/click`, {});
  }

  /** Presses a key down, or lets it go; its name, or its character. */
  async key(type: 'keyDown' | 'keyUp', name: string): Promise<void> {
    const actions = [{ type: 'key', id: 'keyboard', actions: [{ type, value: keys[name] ?? name }] }];
    await ask('POST', `${this.#session}/actions`, { actions });
  }

  /** What is to be seen of the page, as a PNG. */
  async screenshot(): Promise<Buffer> {
    return Buffer.from((await ask('GET', `${this.#session}/screenshot`)) as string, 'base64');
  }

  /** Sets the window's size in CSS pixels. */
  async resize(width: number, height: number): Promise<void> {
    await ask('POST', `${this.#session}/window/rect`, { width, height });
  }

  /** Sets the size of what the page is seen in, in CSS pixels, as nearly as it can: its window is no smaller than its bars. */
  async setViewport(width: number, height: number): Promise<void> {
    await this.resize(width, height);
    const [innerWidth, innerHeight] = await this.evaluate(() => [window.innerWidth, window.innerHeight]);
    await this.resize(2 * width - innerWidth!, 2 * height - innerHeight!);
  }

  async close(): Promise<void> {
    await end(this.#driver);
    await end(this.#screen);
    // What has ended may write for a moment longer.
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 10 });
  }
}

/** The browser's folders: nothing of the one who runs the tests is read or written. */
function homeIn(folder: string): NodeJS.ProcessEnv {
  const run = path.join(folder, 'run');
  mkdirSync(run, { mode: 0o700 });
  return { HOME: folder, XDG_RUNTIME_DIR: run, XDG_CACHE_HOME: folder, XDG_CONFIG_HOME: folder, XDG_DATA_HOME: folder };
}

/** Starts a program in a process group of its own, which ends with us however we end. */
function start(program: string, args: string[], env: NodeJS.ProcessEnv): ChildProcess {
  const stdio: ('ignore' | 'pipe')[] = ['ignore', 'ignore', 'ignore', 'pipe'];
  return spawn('setpriv', ['--pdeathsig', 'KILL', program, ...args], { env, stdio, detached: true });
}

/** Ends a program and all that it has started. */
async function end(child: ChildProcess | undefined): Promise<void> {
  if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  process.kill(-child.pid, 'SIGKILL');
  await exit;
}

async function isUp(status: string, driver: ChildProcess): Promise<void> {
  for (let tries = 600; ; tries -= 1) {
    try {
      return void (await ask('GET', status));
    } catch (error) {
      if (tries === 0 || driver.exitCode !== null) throw error;
      await wait(100);
    }
  }
}

async function ask(method: string, url: string, body?: unknown): Promise<unknown> {
  const headers = { 'content-type': 'application/json' };
  // One that has crashed may never answer.
  const signal = AbortSignal.timeout(100_000);
  const response = await fetch(url, {
    method,
    headers,
    signal,
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const { value } = (await response.json()) as { value: unknown };
  if (!response.ok) {
    const { error, message } = value as { error: string; message: string };
    throw new Error(`WebDriver: ${error}: ${message}`);
  }
  return value;
}
