// Runs in the page before anything else: counts what a call opens, and records what it plays. Nothing here changes what
// the page's scripts see.
(() => {
  const witness = {
    contexts: [],
    tracks: [],
    sockets: [],
    /** AudioEncoders and AudioDecoders, of the page's own thread. */
    codecs: [],
    workers: 0,
    timers: new Set(),
    ports: 0,
    violations: [],
    errors: [],
    recordings: [],
    played: [],
    /** Arrivals of binary messages: [when in ms, bytes]. */
    arrivals: [],
    /** Calls that are over. */
    ends: 0,
    /** What is still open. */
    open() {
      return {
        contexts: this.contexts.filter(({ state }) => state !== 'closed').length,
        tracks: this.tracks.filter(({ readyState }) => readyState === 'live').length,
        sockets: this.sockets.filter(({ readyState }) => readyState < WebSocket.CLOSING).length,
        codecs: this.codecs.filter(({ state }) => state !== 'closed').length,
        timers: this.timers.size,
        workers: this.workers,
      };
    },
    /** What was made since the page began. */
    made() {
      return { contexts: this.contexts.length, tracks: this.tracks.length, sockets: this.sockets.length };
    },
  };
  window.witness = witness;
  addEventListener('securitypolicyviolation', (event) =>
    witness.violations.push(`${event.violatedDirective} ${event.blockedURI}`),
  );
  document.addEventListener('synthflow-end', () => (witness.ends += 1));
  addEventListener('error', (event) => witness.errors.push(event.message));
  addEventListener('unhandledrejection', (event) => witness.errors.push(String(event.reason)));

  const spy = (name, list) => {
    window[name] = class extends window[name] {
      constructor(...args) {
        super(...args);
        list.push(this);
      }
    };
  };
  spy('AudioContext', witness.contexts);
  spy('WebSocket', witness.sockets);
  for (const name of ['AudioEncoder', 'AudioDecoder']) if (name in window) spy(name, witness.codecs);
  const Socket = window.WebSocket;
  window.WebSocket = class extends Socket {
    constructor(...args) {
      super(...args);
      this.addEventListener('message', ({ data }) => {
        if (data instanceof ArrayBuffer) witness.arrivals.push([performance.now(), data.byteLength]);
      });
    }
  };
  window.Worker = class extends Worker {
    constructor(...args) {
      super(...args);
      witness.workers += 1;
    }
    terminate() {
      if (!this.isTerminated) witness.workers -= 1;
      this.isTerminated = true;
      super.terminate();
    }
  };

  // Not there on a page without https.
  const { mediaDevices } = navigator;
  const getUserMedia = mediaDevices?.getUserMedia.bind(mediaDevices);
  if (mediaDevices)
    mediaDevices.getUserMedia = async (constraints) => {
      const stream = await getUserMedia(constraints);
      witness.tracks.push(...stream.getTracks());
      return stream;
    };

  for (const [set, clear] of [
    ['setTimeout', 'clearTimeout'],
    ['setInterval', 'clearInterval'],
  ]) {
    const [realSet, realClear] = [window[set], window[clear]];
    window[set] = (callback, ms, ...args) => {
      const id = realSet(
        (...given) => {
          if (set === 'setTimeout') witness.timers.delete(id);
          callback(...given);
        },
        ms,
        ...args,
      );
      witness.timers.add(id);
      return id;
    };
    window[clear] = (id) => {
      witness.timers.delete(id);
      realClear(id);
    };
  }

  // Whatever is connected to a destination is recorded as well, once its worklet is loaded.
  const loaded = new WeakMap();
  const connect = AudioNode.prototype.connect;
  AudioNode.prototype.connect = function (target, ...rest) {
    if (target instanceof AudioDestinationNode && window.witnessRecorder) {
      const { context } = this;
      if (!loaded.has(context)) loaded.set(context, context.audioWorklet.addModule(window.witnessRecorder));
      void loaded.get(context).then(() => {
        if (context.state === 'closed') return;
        const recorder = new AudioWorkletNode(context, 'test-recorder', { numberOfOutputs: 0, channelCount: 1 });
        const recording = { sampleRate: context.sampleRate, blocks: [] };
        recorder.port.onmessage = ({ data }) => recording.blocks.push(data);
        witness.recordings.push(recording);
        witness.played.push(recorder);
        connect.call(this, recorder);
      });
    }
    return connect.call(this, target, ...rest);
  };
})();
