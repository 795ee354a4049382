// A page without the element that asks for all that a call needs, in the least of code: microphone, context, worklet, session and
// socket; each message is played when it comes, and the microphone's sound is not sent. What a call with the element takes longer than this is ours.
(() => {
  const source = `
    registerProcessor('client-in', class extends AudioWorkletProcessor { process() { return true; } });
    registerProcessor('client-out', class extends AudioWorkletProcessor {
      constructor() { super(); this.left = []; this.port.onmessage = ({ data }) => this.left.push(...new Int16Array(data)); }
      process(inputs, [[output]]) {
        for (let i = 0; i < output.length; i++) output[i] = (this.left.shift() ?? 0) / 32768;
        return true;
      }
    });`;
  document.querySelector('button').onclick = async () => {
    const context = new AudioContext();
    const [stream] = await Promise.all([
      navigator.mediaDevices.getUserMedia({ audio: { channelCount: 1 } }),
      context.audioWorklet.addModule(`data:text/javascript,${encodeURIComponent(source)}`),
    ]);
    const input = new AudioWorkletNode(context, 'client-in', { numberOfOutputs: 0 });
    const output = new AudioWorkletNode(context, 'client-out', { numberOfInputs: 0, outputChannelCount: [1] });
    context.createMediaStreamSource(stream).connect(input);
    output.connect(context.destination);
    const answer = await fetch('/api/synthflow/token', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ assistant_id: 'agent' }),
    });
    const socket = new WebSocket((await answer.json()).sessionURL);
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => socket.send(JSON.stringify({ type: 'status_client_ready' }));
    socket.onmessage = ({ data }) => typeof data === 'string' || output.port.postMessage(data, [data]);
    window.client = { socket, input, output };
  };
})();
