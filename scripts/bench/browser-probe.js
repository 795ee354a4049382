// In the page before anything else: puts taps beside whatever reaches a loudspeaker and comes from a microphone, and keeps
// the time of the click and of every change of status. `tapUrl` is set by whoever opens the page.
(() => {
  const wallMs = (ms) => performance.timeOrigin + ms;
  const probe = { sounds: [], heard: [], statuses: [], clickMs: 0, taps: [] };
  window.probe = probe;
  document.addEventListener('click', ({ timeStamp }) => (probe.clickMs = wallMs(timeStamp)), true);
  document.addEventListener('synthflow-status', ({ status }) =>
    probe.statuses.push({ status, atMs: wallMs(performance.now()) }),
  );

  const loaded = new WeakMap();
  window.AudioContext = class extends AudioContext {
    constructor(...options) {
      super(...options);
      loaded.set(this, this.audioWorklet.addModule(window.tapUrl));
    }
  };
  const connect = AudioNode.prototype.connect;
  AudioNode.prototype.connect = function (target, ...rest) {
    const { context } = this;
    const isMicrophone = this instanceof MediaStreamAudioSourceNode;
    if (loaded.has(context) && (isMicrophone || target instanceof AudioDestinationNode)) {
      const sounds = isMicrophone ? probe.heard : probe.sounds;
      void loaded.get(context).then(() => {
        const tap = new AudioWorkletNode(context, 'bench-tap', { numberOfOutputs: 0, channelCount: 1 });
        tap.port.onmessage = ({ data }) => sounds.push(data);
        probe.taps.push(tap);
        connect.call(this, tap);
      });
    }
    return connect.call(this, target, ...rest);
  };

  /** A microphone that is silent but for beeps of 100 ms. */
  window.useSyntheticMicrophone = () => {
    const context = new AudioContext();
    const [tone, gain, microphone] = [
      context.createOscillator(),
      context.createGain(),
      context.createMediaStreamDestination(),
    ];
    gain.gain.value = 0;
    tone.connect(gain).connect(microphone);
    tone.start();
    navigator.mediaDevices.getUserMedia = async () => {
      await context.resume();
      return microphone.stream;
    };
    /** Answers when the beep starts, in ms since 1970: anywhere in a chunk, though the clock stands at buffers' ends. */
    window.beep = async () => {
      const inMs = 50 + Math.random() * 20;
      const at = context.currentTime + inMs / 1000;
      const startMs = wallMs(performance.now()) + inMs;
      gain.gain.setValueAtTime(1, at).setValueAtTime(0, at + 0.1);
      await new Promise((resolve) => setTimeout(resolve, 350 + Math.random() * 20));
      return startMs;
    };
  };

  /** Keeps the main thread busy for 150 of every 200 ms, from now on. */
  window.block = () => {
    setInterval(() => {
      const endMs = performance.now() + 150;
      while (performance.now() < endMs);
    }, 200);
  };
})();
