// A page without the element that does what every call needs: a microphone into a worklet, a worklet into the loudspeaker,
// and nothing in either; and the seconds on the button. What a call costs more than this is ours.
(() => {
  const source = `
    registerProcessor('control-in', class extends AudioWorkletProcessor { process() { return true; } });
    registerProcessor('control-out', class extends AudioWorkletProcessor { process() { return true; } });`;
  const button = document.querySelector('button');
  button.onclick = async () => {
    let seconds = 0;
    setInterval(() => (button.firstChild.nodeValue = `0:${10 + (seconds++ % 50)}`), 1000);
    const context = new AudioContext();
    const stream = await navigator.mediaDevices.getUserMedia({ audio: { channelCount: { ideal: 1 } } });
    await context.audioWorklet.addModule(`data:text/javascript,${encodeURIComponent(source)}`);
    const microphone = context.createMediaStreamSource(stream);
    const input = new AudioWorkletNode(context, 'control-in', { numberOfOutputs: 0, channelCount: 1 });
    const output = new AudioWorkletNode(context, 'control-out', { numberOfInputs: 0, outputChannelCount: [1] });
    microphone.connect(input);
    output.connect(context.createGain()).connect(context.destination);
    window.control = { context, stream, microphone, input, output };
  };
})();
