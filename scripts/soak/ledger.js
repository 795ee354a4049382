// Runs in the page before anything else: counts what is open, and holds on to nothing that is closed.
(() => {
  const open = { contexts: new Set(), tracks: new Set(), sockets: new Set(), codecs: new Set(), workers: new Set() };
  const counts = { timeouts: new Set(), intervals: new Set(), blobs: new Set() };
  window.ledger = () => {
    // A codec tells nobody that it is closed.
    for (const codec of open.codecs) if (codec.state === 'closed') open.codecs.delete(codec);
    return Object.fromEntries(Object.entries({ ...open, ...counts }).map(([name, { size }]) => [name, size]));
  };

  const keep = (name, list, closing) => {
    window[name] = class extends window[name] {
      constructor(...args) {
        super(...args);
        list.add(this);
        this.addEventListener(closing, () => {
          if (closing === 'close' || this.state === 'closed') list.delete(this);
        });
      }
    };
  };
  keep('AudioContext', open.contexts, 'statechange');
  keep('WebSocket', open.sockets, 'close');
  for (const name of ['AudioEncoder', 'AudioDecoder']) {
    window[name] = class extends window[name] {
      constructor(...args) {
        super(...args);
        open.codecs.add(this);
      }
    };
  }
  window.Worker = class extends Worker {
    constructor(...args) {
      super(...args);
      open.workers.add(this);
    }
    terminate() {
      open.workers.delete(this);
      super.terminate();
    }
  };

  const { mediaDevices } = navigator;
  const getUserMedia = mediaDevices.getUserMedia.bind(mediaDevices);
  mediaDevices.getUserMedia = async (constraints) => {
    const stream = await getUserMedia(constraints);
    for (const track of stream.getTracks()) open.tracks.add(track);
    return stream;
  };
  const { stop } = MediaStreamTrack.prototype;
  MediaStreamTrack.prototype.stop = function () {
    open.tracks.delete(this);
    stop.call(this);
  };

  for (const [set, clear, ids] of [
    ['setTimeout', 'clearTimeout', counts.timeouts],
    ['setInterval', 'clearInterval', counts.intervals],
  ]) {
    const [realSet, realClear] = [window[set], window[clear]];
    window[set] = (callback, ms, ...args) => {
      const run = (...given) => {
        if (set === 'setTimeout') ids.delete(id);
        callback(...given);
      };
      const id = realSet(run, ms, ...args);
      ids.add(id);
      return id;
    };
    window[clear] = (id) => {
      ids.delete(id);
      realClear(id);
    };
  }

  const { createObjectURL, revokeObjectURL } = URL;
  URL.createObjectURL = (blob) => {
    const url = createObjectURL.call(URL, blob);
    counts.blobs.add(url);
    return url;
  };
  URL.revokeObjectURL = (url) => {
    counts.blobs.delete(url);
    revokeObjectURL.call(URL, url);
  };
})();
