// Loaded into an audio thread before the worklet under test: counts what the page cannot see.

const seen = { heard: 0, buffers: 0, quanta: {} as Record<string, number>, ended: [] as string[] };

// `new Int16Array(960)` is a buffer, `new Int16Array(buffer)` only a view.
globalThis.Int16Array = new Proxy(Int16Array, {
  construct(target, args, newTarget) {
    if (typeof args[0] === 'number') seen.buffers += 1;
    return Reflect.construct(target, args, newTarget);
  },
});

const onmessage = Object.getOwnPropertyDescriptor(MessagePort.prototype, 'onmessage');
const listen = (port, listener) => onmessage.set.call(port, listener);
Object.defineProperty(MessagePort.prototype, 'onmessage', {
  ...onmessage,
  set(listener) {
    listen(this, (event) => {
      seen.heard += 1;
      listener(event);
    });
  },
});

const register = registerProcessor;
globalThis.registerProcessor = (name, Processor) => {
  register(
    name,
    class extends Processor {
      process(...args) {
        const goesOn = super.process(...args);
        seen.quanta[name] = (seen.quanta[name] ?? 0) + 1;
        if (!goesOn) seen.ended.push(name);
        return goesOn;
      }
    },
  );
};

register(
  'spy',
  class extends AudioWorkletProcessor {
    constructor() {
      super();
      listen(this.port, () => this.port.postMessage(seen));
    }
    process() {
      return true;
    }
  },
);

export {};
