import type { Browser } from 'puppeteer-core';
import { setTimeout as wait } from 'node:timers/promises';

/** Firefox's own commands, of which Puppeteer has no words for those about its window. */
interface Connection {
  send(method: string, params: object): Promise<{ result: Record<string, unknown> }>;
}

/** Firefox's question for the microphone, and the visitor in front of it. Launch it with the permission `asked`. */
export class FirefoxPrompt {
  #connection: Connection;

  constructor(browser: Browser) {
    this.#connection = (browser as unknown as { connection: Connection }).connection;
  }

  /** Resolves when the visitor sees it. */
  async shown(): Promise<void> {
    for (let tries = 400; !(await this.#isOpen()); tries -= 1) {
      if (tries === 0) throw new Error('Firefox asks for no microphone.');
      await wait(50);
    }
  }

  /** Clicks its button that allows what is asked for. */
  async allow(): Promise<void> {
    await this.#run('PopupNotifications.panel.firstChild.button.click()');
  }

  /** Presses the Escape key. */
  async escape(): Promise<void> {
    await this.#run(`
      const keyboard = Cc['@mozilla.org/text-input-processor;1'].createInstance(Ci.nsITextInputProcessor);
      keyboard.beginInputTransactionForTests(window);
      const key = new KeyboardEvent('', { key: 'Escape', code: 'Escape', keyCode: KeyboardEvent.DOM_VK_ESCAPE });
      keyboard.keydown(key);
      keyboard.keyup(key);`);
  }

  /** Reloads the page as the visitor does; Firefox then forgets what it was told for this visit. */
  async reload(): Promise<void> {
    await this.#run('BrowserCommands.reload()');
  }

  async #isOpen(): Promise<boolean> {
    const shown = 'PopupNotifications.panel.state === "open" && PopupNotifications.panel.firstChild?.notification.id';
    return (await this.#run(shown)) === 'webRTC-shareDevices';
  }

  /** Runs a script in Firefox's window, and answers its value. */
  async #run(expression: string): Promise<unknown> {
    const tree = await this.#connection.send('browsingContext.getTree', { 'moz:scope': 'chrome' });
    const [{ context }] = tree.result.contexts as [{ context: string }];
    const { result } = await this.#connection.send('script.evaluate', {
      expression,
      awaitPromise: false,
      target: { context },
    });
    if (result.type === 'exception') throw new Error((result.exceptionDetails as { text: string }).text);
    return (result.result as { value?: unknown }).value;
  }
}
