import { expect } from '@open-wc/testing';
import { CallThread, type Socket } from '../../src/call/call-thread.js';
import { hangUpUnused } from '../../src/protocol/hang-up.js';
import { hostSocket, type SocketReport, type SocketStats } from '../../src/protocol/socket-host.js';
import type { WireChoice } from '../../src/protocol/wire.js';
import { Inbox } from '../support/inbox.js';
import { ManualClock } from '../support/manual-clock.js';
import { MockAgent } from '../support/mock-socket.js';
import { rtpPacket } from '../support/rtp.js';
import { plainMedia, plainPcm } from '../support/wire-choices.js';

const clientReady = '{"type":"status_client_ready"}';
const agentReady = '{"type":"status_agent_ready"}';
const chunkBytes = 1920;

/** The page's own: it hosts any number of sockets. */
const thread = new CallThread({ noWorker: true });

/** The audio thread's ends of both streams, and the socket between them and the agent. */
class Line {
  readonly reports = new Inbox<SocketReport>();
  /** Buffers that came back to the microphone. */
  readonly returned = new Inbox<ArrayBuffer>();
  /** What the loudspeaker was given. */
  readonly heard = new Inbox<ArrayBuffer>();
  readonly socket: Socket;
  #microphone: MessagePort;
  #chunks = 0;

  constructor(url: string, choice = plainPcm) {
    const [up, down] = [new MessageChannel(), new MessageChannel()];
    this.#microphone = up.port1;
    up.port1.onmessage = ({ data }: MessageEvent<ArrayBuffer[]>) => data.forEach(this.returned.push);
    down.port1.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => this.heard.push(data);
    const command = { url, ...choice, uplink: up.port2, downlink: down.port2 };
    this.socket = thread.open(command, this.reports.push);
  }

  /** Captures chunks: full of 1, full of 2 … Answers their buffers. */
  capture(count = 1): ArrayBuffer[] {
    return Array.from({ length: count }, () => {
      this.#chunks += 1;
      const { buffer } = new Uint8Array(chunkBytes).fill(this.#chunks);
      this.#microphone.postMessage(buffer, [buffer]);
      return buffer;
    });
  }

  get told(): string[] {
    return this.reports.all.filter(({ type }) => type !== 'stats').map(({ type }) => type);
  }

  get closed(): SocketReport | undefined {
    return this.reports.all.find(({ type }) => type === 'closed');
  }

  get stats(): SocketStats | undefined {
    return this.reports.all.flatMap((report) => (report.type === 'stats' ? [report.stats] : [])).at(-1);
  }

  async hears(type: SocketReport['type'], count = 1): Promise<void> {
    await this.reports.until((all) => all.filter((report) => report.type === type).length >= count);
  }
}

describe('a socket', () => {
  before(() => thread.ready);

  let agent: MockAgent;
  let lines: Line[];

  beforeEach(() => {
    agent = new MockAgent();
    lines = [];
  });
  afterEach(() => {
    for (const { socket } of lines) socket.close();
    agent.stop();
  });

  const dial = (url = agent.url, choice?: WireChoice): Line => {
    const line = new Line(url, choice);
    lines.push(line);
    return line;
  };
  /** What the agent was sent: text as it is, a chunk as its number. */
  const received = () =>
    agent.received.all.map((message) => {
      if (typeof message === 'string') return message;
      const bytes = new Uint8Array(message);
      return bytes.length === chunkBytes && bytes.every((byte) => byte === bytes[0]) ? bytes[0] : bytes;
    });
  const openLine = async (choice?: WireChoice): Promise<Line> => {
    const count = agent.sockets.all.length + 1;
    const line = dial(agent.url, choice);
    await agent.sockets.count(count);
    agent.socket.accept();
    await line.hears('opened');
    return line;
  };
  const readyLine = async (): Promise<Line> => {
    const line = await openLine();
    line.capture();
    agent.say(agentReady);
    await line.hears('agent-ready');
    await agent.received.count(2);
    return line;
  };

  /** Has another call: what the last one had left to say has been said then. */
  const callAgain = async (): Promise<void> => {
    const count = agent.received.all.length + 2;
    const line = await openLine();
    line.capture(4);
    await agent.received.count(count + 3);
    await line.returned.count(4);
    line.socket.close();
  };

  describe('before the call', () => {
    it('opens the session URL once, as it is, for binary messages', async () => {
      const line = await openLine();
      expect(agent.sockets.all.map(({ url }) => url)).to.deep.equal([agent.url]);
      expect([agent.socket.binaryType, agent.socket.protocol]).to.deep.equal(['arraybuffer', '']);
      expect(line.told).to.deep.equal(['opened']);
    });

    it('says that the client is ready at its first chunk, once', async () => {
      const line = await openLine();
      agent.say('"before"');
      await line.hears('message');
      expect(line.told, 'nothing was captured yet').to.deep.equal(['opened', 'message']);
      line.capture(25);
      await agent.received.count(26);
      agent.say('"after"');
      await line.hears('message', 2);
      expect(line.told).to.deep.equal(['opened', 'message', 'client-ready', 'message']);
      expect(received()).to.deep.equal([clientReady, ...Array.from({ length: 25 }, (_, i) => i + 1)]);
    });

    it('says so when it opens, where the chunks were first, and sends none of those', async () => {
      const line = dial();
      line.capture(8);
      await line.returned.count(8);
      expect(line.told).to.deep.equal([]);
      agent.socket.accept();
      await line.hears('client-ready');
      line.capture(1);
      await agent.received.count(2);
      expect(received()).to.deep.equal([clientReady, 9]);
      expect(agent.socket.sentBeforeOpen).to.deep.equal([]);
      expect(line.told).to.deep.equal(['opened', 'client-ready']);
    });

    it('keeps the word of an agent that is ready first until the client is, too', async () => {
      const line = await openLine();
      agent.say(agentReady);
      agent.say('"fence"');
      await line.hears('message');
      expect(line.told).to.deep.equal(['opened', 'message']);
      line.capture();
      await line.hears('agent-ready');
      expect(line.told).to.deep.equal(['opened', 'message', 'client-ready', 'agent-ready']);
    });

    it('passes on that the agent is ready once, however often it says so', async () => {
      const line = await openLine();
      for (const text of [agentReady, agentReady]) agent.say(text);
      line.capture();
      await line.hears('agent-ready');
      for (const text of [agentReady, agentReady, '"fence"']) agent.say(text);
      await line.hears('message');
      expect(line.told).to.deep.equal(['opened', 'client-ready', 'agent-ready', 'message']);
    });

    it('plays what the agent says before it is ready', async () => {
      const line = await openLine();
      agent.say([1, 2]);
      await line.heard.count(1);
      expect([...new Uint8Array(line.heard.all[0]!)]).to.deep.equal([1, 2]);
    });
  });

  describe('in the call', () => {
    it('sends every chunk in order and gives every buffer back, four at a time, copying none', async () => {
      const line = await readyLine();
      const captured = line.capture(51);
      await agent.received.count(53);
      await line.returned.count(52);
      expect(received()).to.deep.equal([clientReady, ...Array.from({ length: 52 }, (_, i) => i + 1)]);
      expect(captured.every((buffer) => buffer.byteLength === 0)).to.equal(true);
      const numbers = line.returned.all.map((buffer) => new Uint8Array(buffer)[0]);
      expect(numbers).to.deep.equal(Array.from({ length: 52 }, (_, i) => i + 1));
      expect(line.returned.all.every((buffer) => buffer.byteLength === chunkBytes)).to.equal(true);
    });

    it('hands the agent’s sound on in order, in whole samples, copying none', async () => {
      const line = await readyLine();
      const sent = [agent.say([1, 2, 3, 4]), agent.say([5, 6])];
      agent.say([]);
      agent.say([7]);
      agent.say([]);
      agent.say([8, 9]);
      agent.say([10]);
      await line.heard.count(4);
      expect(line.heard.all.map((buffer) => [...new Uint8Array(buffer)])).to.deep.equal([
        [1, 2, 3, 4],
        [5, 6],
        [7, 8],
        [9, 10],
      ]);
      expect(sent.map(({ byteLength }) => byteLength)).to.deep.equal([0, 0]);
    });

    it('takes a burst of a minute of sound at once', async () => {
      const line = await readyLine();
      for (let i = 0; i < 3000; i++) agent.say(new Uint8Array(640).fill(i % 256));
      await line.heard.count(3000);
      expect(line.heard.all.every((buffer, i) => new Uint8Array(buffer)[0] === i % 256)).to.equal(true);
    });

    it('hands every unknown text to the page, as JSON where it is JSON', async () => {
      const line = await readyLine();
      const texts = ['{"type":"transcript","text":"hi"}', 'null', '7', '[]', 'no json', '', '{"type":'];
      for (const text of texts) agent.say(text);
      await line.hears('message', texts.length);
      const messages = line.reports.all.flatMap((report) => (report.type === 'message' ? [report.data] : []));
      expect(messages).to.deep.equal([{ type: 'transcript', text: 'hi' }, null, 7, [], 'no json', '', '{"type":']);
    });

    it('goes on after JSON of any depth, and hands it on in some form', async () => {
      const line = await readyLine();
      agent.say('['.repeat(200_000) + ']'.repeat(200_000));
      agent.say('"fence"');
      await line.reports.until((all) => all.some((report) => report.type === 'message' && report.data === 'fence'));
      expect(line.told.filter((type) => type === 'message').length).to.equal(2);
    });

    it('counts what it sent, what it received, and text that was no JSON', async () => {
      const line = await readyLine();
      agent.say([1, 2]);
      agent.say([]);
      agent.say([3]);
      for (const text of ['{}', 'no json', '{']) agent.say(text);
      await line.hears('message', 3);
      line.capture(49);
      await line.hears('stats');
      expect(line.stats).to.deep.equal({
        chunksSent: 50,
        chunksDropped: 0,
        audioMessages: 3,
        malformedMessages: 2,
      });
    });

    it('gives its figures once a second and at the end', async () => {
      const line = await readyLine();
      line.capture(49);
      await line.hears('stats');
      expect(line.stats!.chunksSent).to.equal(50);
      line.capture(6);
      await line.returned.count(56);
      agent.close(1000);
      await line.hears('closed');
      expect(line.reports.all.filter(({ type }) => type === 'stats').length).to.equal(2);
      expect(line.stats!.chunksSent).to.equal(56);
      expect(line.reports.all.at(-1)!.type).to.equal('closed');
    });

    it('keeps late speech back on a slow network, gives up what is too old, and says how much', async () => {
      const line = await readyLine();
      agent.socket.bufferedAmount = 16_000;
      line.capture(99);
      await line.hears('stats', 2);
      expect(line.stats).to.include({ chunksSent: 1, chunksDropped: 33 });
      expect(agent.received.all.length).to.equal(2);
      await line.returned.count(32);
      agent.socket.bufferedAmount = 0;
      // Eight at a time.
      line.capture(10);
      await agent.received.count(2 + 76);
      expect(received().slice(2)).to.deep.equal(Array.from({ length: 76 }, (_, i) => i + 35));
      await line.returned.count(108);
      expect(new Set(line.returned.all.map((buffer) => new Uint8Array(buffer)[0])).size).to.equal(108);
    });

    it('gives up a line that takes nothing for 10 s, and no line that takes a little', async () => {
      const slow = await readyLine();
      for (let i = 0; i < 700; i += 1) {
        agent.socket.bufferedAmount = 1000 + (i % 300);
        slow.capture();
        if (i % 52 === 0) await slow.returned.count(i);
      }
      await slow.returned.count(700);
      expect(slow.closed).to.equal(undefined);
      for (let i = 0; i < 520; i += 1) {
        agent.socket.bufferedAmount = 5000;
        slow.capture();
      }
      await slow.hears('closed');
      expect(slow.closed).to.deep.equal({ type: 'closed', closeCode: 1006, hungUp: false });
    });

    it('goes on with other ends of the sound, and lets the first ones go', async () => {
      const line = await readyLine();
      line.capture(3);
      await agent.received.count(5);
      await line.returned.count(4);
      const [up, down] = [new MessageChannel(), new MessageChannel()];
      const heard = new Inbox<ArrayBuffer>();
      const returned = new Inbox<ArrayBuffer>();
      up.port1.onmessage = ({ data }: MessageEvent<ArrayBuffer[]>) => data.forEach(returned.push);
      down.port1.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => heard.push(data);
      line.socket.link({ uplink: up.port2, downlink: down.port2 });
      for (let i = 0; i < 4; i += 1) {
        const chunk = new Uint8Array(chunkBytes).fill(99).buffer;
        up.port1.postMessage(chunk, [chunk]);
      }
      await agent.received.count(9);
      expect(received().at(-1)).to.equal(99);
      await returned.count(4);
      line.capture();
      agent.say(new Uint8Array([1, 2, 3, 4]));
      await heard.count(1);
      expect([...new Uint8Array(heard.all[0]!)]).to.deep.equal([1, 2, 3, 4]);
      expect([agent.received.all.length, line.returned.all.length, line.heard.all.length]).to.deep.equal([9, 4, 0]);
    });

    it('does not mix with another call', async () => {
      const first = await readyLine();
      agent.say([99]);
      agent.say('"fence"');
      await first.hears('message');
      const second = await openLine();
      agent.say([1, 2]);
      await second.heard.count(1);
      expect([...new Uint8Array(second.heard.all[0]!)]).to.deep.equal([1, 2]);
      expect(first.heard.all.length).to.equal(0);
    });
  });

  describe('when the agent closes it', () => {
    const stages: Record<string, () => Promise<Line>> = {
      'before it is open': async () => {
        const count = agent.sockets.all.length + 1;
        const line = dial();
        await agent.sockets.count(count);
        return line;
      },
      'before the client is ready': () => openLine(),
      'in the call': () => readyLine(),
    };
    const codes: Record<number, boolean> = {
      1000: true,
      1001: true,
      1005: true,
      1002: false,
      1003: false,
      1006: false,
      1008: false,
      1009: false,
      1011: false,
      1012: false,
      1013: false,
      1015: false,
      3000: false,
      4000: false,
      4999: false,
    };
    for (const [stage, prepare] of Object.entries(stages)) {
      it(`tells each close code once, ${stage}, as its last word`, async () => {
        for (const [code, hungUp] of Object.entries(codes)) {
          const line = await prepare();
          agent.close(Number(code));
          await line.hears('closed');
          await callAgain();
          expect(line.reports.all.at(-1), code).to.deep.equal({ type: 'closed', closeCode: Number(code), hungUp });
          expect(line.told.filter((type) => type === 'closed').length).to.equal(1);
        }
      });
    }

    it('lets the audio ports go: what is captured after the end goes nowhere', async () => {
      const line = await readyLine();
      agent.close(1000);
      await line.hears('closed');
      const before = [...line.reports.all];
      const [returned, sent] = [line.returned.all.length, agent.received.all.length];
      line.capture(20);
      line.socket.close();
      line.socket.close();
      await callAgain();
      expect(line.reports.all).to.deep.equal(before);
      expect(line.returned.all.length).to.equal(returned);
      expect(received().slice(sent), 'the next call’s own').to.deep.equal([clientReady, 1, 2, 3, 4]);
    });
  });

  describe('when the visitor closes it', () => {
    const stages: Record<string, () => Promise<Line>> = {
      'before it is open': async () => {
        const count = agent.sockets.all.length + 1;
        const line = dial();
        await agent.sockets.count(count);
        return line;
      },
      'before the client is ready': () => openLine(),
      'in the call': () => readyLine(),
    };
    for (const [stage, prepare] of Object.entries(stages)) {
      it(`leaves no open socket and tells nothing more, ${stage}`, async () => {
        const line = await prepare();
        const before = [...line.reports.all];
        line.socket.close();
        line.socket.close();
        line.capture(20);
        await agent.closed.count(1);
        const returned = line.returned.all.length;
        await callAgain();
        expect(agent.closed.all[0]).to.equal(1000);
        expect(agent.sockets.all.length).to.equal(2);
        expect(agent.sockets.all[0]!.readyState).to.equal(WebSocket.CLOSED);
        expect(line.reports.all).to.deep.equal(before);
        line.capture(20);
        await callAgain();
        expect(line.returned.all.length).to.equal(returned);
      });
    }

    it('leaves no open socket where it is closed at once', async () => {
      const line = dial();
      line.socket.close();
      await agent.closed.count(1);
      expect(agent.sockets.all.length).to.equal(1);
      expect(agent.socket.readyState).to.equal(WebSocket.CLOSED);
      await callAgain();
      expect(line.reports.all).to.be.empty;
    });

    it('drops the agent’s words that are still on their way', async () => {
      const line = await readyLine();
      const before = [...line.reports.all];
      agent.say('"too late"');
      agent.close(1011);
      line.socket.close();
      await callAgain();
      expect(line.reports.all).to.deep.equal(before);
    });
  });

  describe('of WebSocket media', () => {
    const media = plainMedia;
    const unbound: WireChoice = { ...plainMedia, bind: true };
    const serverInfo = '{"type":"server_info","server-name":"node-1"}';
    const callInfo = '{"type":"call_info"}';

    it('is ready with its first chunk, and says nothing before sound', async () => {
      const line = await openLine(media);
      expect(line.told).to.deep.equal(['opened']);
      line.capture(3);
      await Promise.all([agent.received.count(3), line.hears('agent-ready')]);
      expect(line.told).to.deep.equal(['opened', 'client-ready', 'agent-ready']);
      expect(received()).to.deep.equal([1, 2, 3]);
      agent.say([1, 2, 3]);
      await line.heard.count(1);
      expect([...new Uint8Array(line.heard.all[0]!)]).to.deep.equal([2, 1]);
    });

    it('asks for its call once, is bound, and sends nothing until the call is there', async () => {
      const line = await openLine(unbound);
      line.capture(4);
      await line.returned.count(4);
      agent.say(serverInfo);
      agent.say(serverInfo);
      agent.say('"fence"');
      await line.hears('message');
      expect(line.told).to.deep.equal(['opened', 'bind', 'message']);
      expect(line.reports.all.find(({ type }) => type === 'bind')).to.include({ serverName: 'node-1' });
      line.socket.bind('sid-1');
      await agent.received.count(1);
      expect(received()).to.deep.equal(['{"type":"bind","sid":"sid-1"}']);
      line.capture(4);
      await line.returned.count(8);
      agent.say(callInfo);
      await line.hears('agent-ready');
      line.capture(2);
      await agent.received.count(3);
      expect(received().slice(1)).to.deep.equal([9, 10]);
      expect(line.told).to.deep.equal(['opened', 'bind', 'message', 'client-ready', 'agent-ready']);
    });

    it('writes a sid as JSON, whatever it holds', async () => {
      const line = await openLine(unbound);
      line.socket.bind('a"b\\c');
      await agent.received.count(1);
      expect(JSON.parse(agent.received.all[0] as string)).to.deep.equal({ type: 'bind', sid: 'a"b\\c' });
    });

    it('that is closed with a call to bind binds it first, so that it ends', async () => {
      const line = await openLine(unbound);
      line.socket.close('sid-9');
      await agent.closed.count(1);
      expect(received()).to.deep.equal(['{"type":"bind","sid":"sid-9"}']);
      expect(agent.closed.all).to.deep.equal([1000]);
    });

    it('that was bound is not bound again where it is closed with its call', async () => {
      const line = await openLine(unbound);
      line.socket.bind('sid-1');
      await agent.received.count(1);
      line.socket.close('sid-1');
      await agent.closed.count(1);
      expect(received()).to.deep.equal(['{"type":"bind","sid":"sid-1"}']);
    });

    it('that is closed before it has heard of its call is bound all the same', async () => {
      const line = await openLine(unbound);
      line.socket.bind('sid-1');
      line.socket.close('sid-1');
      await agent.closed.count(1);
      expect(received()).to.deep.equal(['{"type":"bind","sid":"sid-1"}']);
    });

    it('that is closed before it is open, even at once, is opened and then closed: its call exists', async () => {
      const line = dial(agent.url, media);
      line.socket.close();
      expect(agent.socket.readyState).to.equal(WebSocket.CONNECTING);
      agent.socket.accept();
      await agent.closed.count(1);
      expect(agent.closed.all).to.deep.equal([1000]);
      expect(line.reports.all).to.be.empty;
    });

    it('that does not open is not waited for for ever', async () => {
      const clock = new ManualClock();
      clock.install();
      hangUpUnused(agent.url);
      clock.advance(9999);
      expect(agent.socket.readyState).to.equal(WebSocket.CONNECTING);
      clock.advance(1);
      clock.uninstall();
      expect(agent.socket.readyState).to.be.at.least(WebSocket.CLOSING);
    });

    it('takes a server’s name only as text', async () => {
      const line = await openLine(unbound);
      line.capture();
      agent.say(`{"type":"server_info","server-name":${'['.repeat(20_000)}${']'.repeat(20_000)}}`);
      await line.hears('bind');
      expect(line.reports.all.find(({ type }) => type === 'bind')).to.include({ serverName: '' });
    });

    it('that is to be bound, and is closed before it is open, is not opened: there is no call', async () => {
      const count = agent.sockets.all.length + 1;
      const line = dial(agent.url, unbound);
      await agent.sockets.count(count);
      line.socket.close();
      await agent.closed.count(1);
      expect(agent.socket.readyState).to.be.at.least(WebSocket.CLOSING);
    });

    it('that nobody is going to use is opened and closed, without a word', async () => {
      hangUpUnused(agent.url);
      await agent.sockets.count(1);
      expect(agent.closed.all).to.deep.equal([]);
      agent.socket.accept();
      await agent.closed.count(1);
      expect([agent.closed.all, received()]).to.deep.equal([[1000], []]);
    });

    it('that nobody is going to use may be one that cannot be opened', () => {
      agent.stop();
      hangUpUnused('wss://agent.example:99999/');
    });

    it('tells that its wire cannot be spoken', async () => {
      const { AudioEncoder } = globalThis;
      Reflect.deleteProperty(globalThis, 'AudioEncoder');
      try {
        const line = await openLine({ ...plainMedia, codec: 'opus', framing: 'rtp' });
        await line.hears('failed');
        expect(line.reports.all.find(({ type }) => type === 'failed')).to.include({ code: 'unsupported-browser' });
      } finally {
        Object.assign(globalThis, { AudioEncoder });
      }
    });

    it('is over for whoever closes it after the agent did, while its last words are decoded', async () => {
      const [up, down] = [new MessageChannel(), new MessageChannel()];
      const { port1, port2 } = new MessageChannel();
      const command = { url: agent.url, ...plainMedia, uplink: up.port2, downlink: down.port2 };
      const end = hostSocket(port2, command);
      await agent.sockets.count(1);
      agent.socket.accept();
      // In the same task as the close itself: the host has not let go yet.
      const closed = new Promise<void>((resolve, reject) => {
        agent.socket.addEventListener('close', () => end().closed.then(resolve, reject));
      });
      agent.close(1000);
      await closed;
      port1.close();
    });

    it('keeps back little of a codec that needs little: the queue is where late speech is dropped', async () => {
      const line = await openLine(media);
      line.capture();
      await agent.received.count(1);
      agent.socket.bufferedAmount = 5120;
      line.capture(1);
      await line.hears('agent-ready');
      agent.say('"fence"');
      await line.hears('message');
      expect(agent.received.all.length).to.equal(1);
      agent.socket.bufferedAmount = 5119;
      line.capture(1);
      await agent.received.count(2);
    });

    it('plays what was held back when the agent closes, before it says so', async () => {
      const line = await openLine({ ...plainMedia, framing: 'rtp' });
      for (const sequence of [1, 3]) {
        agent.say(new Uint8Array(rtpPacket({ sequence, payload: [0, sequence] })));
      }
      agent.close(1000);
      await line.hears('closed');
      await line.heard.count(3);
      expect(new Int16Array(line.heard.all.at(-1)!)[0]).to.equal(3);
    });
  });

  describe('that cannot be made', () => {
    const original = globalThis.WebSocket;
    afterEach(() => {
      globalThis.WebSocket = original;
    });

    it('is reported as closed with 1006 where the browser’s policy throws, without the URL', async () => {
      const Refusing = class {
        constructor(url: string) {
          throw new DOMException(`Refused to connect to ${url}`, 'SecurityError');
        }
      };
      const { WebSocket: mock } = globalThis;
      globalThis.WebSocket = Object.assign(Refusing, { OPEN: 1 }) as unknown as typeof WebSocket;
      const line = dial();
      line.capture(3);
      await line.hears('closed');
      globalThis.WebSocket = mock;
      await callAgain();
      expect(line.told).to.deep.equal(['closed']);
      expect(line.closed).to.deep.equal({ type: 'closed', closeCode: 1006, hungUp: false });
      expect(JSON.stringify(line.reports.all)).not.to.include('secret-token');
      line.socket.close();
    });

    it('is reported as closed with 1006 where the browser’s own WebSocket refuses the URL', async () => {
      agent.stop();
      const line = dial('wss://agent.example:99999/');
      await line.hears('closed');
      expect(line.closed).to.deep.equal({ type: 'closed', closeCode: 1006, hungUp: false });
    });

    it('is reported as closed with 1006 where the browser tells of an error and of no close', async () => {
      class Refused extends EventTarget {
        static readonly OPEN = 1;
        readonly readyState = 3;
        onerror?: () => void;
        constructor() {
          super();
          queueMicrotask(() => this.onerror?.());
        }
      }
      globalThis.WebSocket = Refused as unknown as typeof WebSocket;
      const line = dial();
      await line.hears('closed');
      expect(line.told).to.deep.equal(['closed']);
      expect(line.closed).to.deep.equal({ type: 'closed', closeCode: 1006, hungUp: false });
    });

    it('is reported as closed with 1006 where nobody listens', async () => {
      agent.stop();
      const line = dial('ws://localhost:1/');
      await line.hears('closed');
      expect(line.told).to.deep.equal(['closed']);
      expect(line.closed).to.deep.equal({ type: 'closed', closeCode: 1006, hungUp: false });
    });
  });
});
