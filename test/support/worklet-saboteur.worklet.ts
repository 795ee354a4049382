// Loaded into an audio thread before the worklet under test: breaks the processor that its URL names (`?name=…`).

// There is no URL in an audio thread.
const broken = import.meta.url.split('?name=')[1];
const register = registerProcessor;
globalThis.registerProcessor = (name, Processor) => {
  register(
    name,
    class extends Processor {
      process(...args) {
        if (name === broken) throw new Error('sabotage');
        return super.process(...args);
      }
    },
  );
};

export {};
