import { expect } from '@open-wc/testing';
import { AudioFailure } from '../../src/audio/audio-failure.js';
import { loadWorklet, type WorkletLocation } from '../../src/audio/load-worklet.js';
import { replace } from '../support/replace.js';

const beside = new URL('../../src/audio/worklets/synthflow-call.worklet.js', import.meta.url).href;

/** Loads into a context that refuses the first few ways. Answers what was tried. */
async function load(refused: number, location?: WorkletLocation) {
  const context = new OfflineAudioContext(1, 128, 48_000);
  const { audioWorklet } = context;
  const addModule = audioWorklet.addModule.bind(audioWorklet);
  const tried: string[] = [];
  replace(audioWorklet, 'addModule', (url: string) => {
    tried.push(url);
    return tried.length > refused ? addModule(url) : Promise.reject(new DOMException('refused', 'AbortError'));
  });
  const failure: unknown = await loadWorklet(context, location).catch((cause: unknown) => cause);
  const make = (name: string) =>
    new AudioWorkletNode(context, name, { processorOptions: { wireRate: 16_000, chunkSamples: 320 } });
  return { tried, failure, make };
}

const schemes = (urls: string[]) => urls.map((url) => new URL(url, document.baseURI).protocol);

describe('loadWorklet', () => {
  it('takes the file beside the script, and nothing else, where that works', async () => {
    const { tried, failure, make } = await load(0);
    expect(failure).to.equal(undefined);
    expect(tried).to.deep.equal([beside]);
    expect(() => make('synthflow-capture')).not.to.throw();
    expect(() => make('synthflow-playback')).not.to.throw();
  });

  it('tries a blob when the file is refused, and both processors are in it', async () => {
    const { tried, failure, make } = await load(1);
    expect(failure).to.equal(undefined);
    expect(schemes(tried)).to.deep.equal(['http:', 'blob:']);
    expect(() => make('synthflow-capture')).not.to.throw();
    expect(() => make('synthflow-playback')).not.to.throw();
  });

  it('tries a data URL when the blob is refused too, and both processors are in it', async () => {
    const { tried, failure, make } = await load(2);
    expect(failure).to.equal(undefined);
    expect(schemes(tried)).to.deep.equal(['http:', 'blob:', 'data:']);
    expect(() => make('synthflow-capture')).not.to.throw();
    expect(() => make('synthflow-playback')).not.to.throw();
  });

  it('tells the developer of script-src when every way is refused', async () => {
    const { tried, failure } = await load(Infinity);
    expect(schemes(tried)).to.deep.equal(['http:', 'blob:', 'data:']);
    expect(failure).to.be.instanceOf(AudioFailure);
    expect((failure as AudioFailure).code).to.equal('audio-failed');
    expect((failure as AudioFailure).message)
      .to.contain('script-src')
      .and.to.contain('worklet-url');
    expect(((failure as AudioFailure).cause as DOMException).name).to.equal('AbortError');
  });

  for (const refused of [0, 1, Infinity]) {
    it(`keeps no blob alive after ${refused} refusals`, async () => {
      const made: string[] = [];
      const create = URL.createObjectURL.bind(URL);
      replace(URL, 'createObjectURL', (blob: Blob) => {
        made.push(create(blob));
        return made.at(-1)!;
      });
      await load(refused);
      for (const url of made) {
        const answer: unknown = await fetch(url).catch((cause: unknown) => cause);
        expect(answer).to.be.instanceOf(TypeError);
      }
    });
  }

  it('tries the URL that the page names first', async () => {
    const { tried } = await load(Infinity, { workletUrl: '/assets/sound.js', assetsUrl: '/elsewhere' });
    expect(tried[0]).to.equal('/assets/sound.js');
    expect(schemes(tried.slice(-2))).to.deep.equal(['blob:', 'data:']);
  });

  it('falls back to the file beside the script when the URL that the page names is refused', async () => {
    const { tried } = await load(Infinity, { workletUrl: '/assets/sound.js' });
    expect(tried[1]).to.equal(beside);
  });

  for (const assetsUrl of ['/assets', '/assets/', new URL('/assets/', location.href).href]) {
    it(`looks in the folder ${assetsUrl.replace(location.origin, '')} of ${assetsUrl.startsWith('/') ? 'the page' : 'a URL'}`, async () => {
      const { tried } = await load(Infinity, { assetsUrl });
      expect(tried[0]).to.equal(new URL('/assets/synthflow-call.worklet.js', location.href).href);
    });
  }

  it('names the code of a failure also where the folder is no URL', async () => {
    const { failure } = await load(Infinity, { assetsUrl: 'https://' });
    expect(failure).to.be.instanceOf(AudioFailure);
  });
});
