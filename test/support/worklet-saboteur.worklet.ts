// Loaded into an audio thread before the worklet under test: breaks the processor that its URL names (`?name=…`).

const broken = new URL(import.meta.url).searchParams.get('name');
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
