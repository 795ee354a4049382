import { expect } from '@open-wc/testing';
import { AudioFailure } from '../../src/audio/audio-failure.js';
import { loadWorklet, type WorkletLocation } from '../../src/audio/load-worklet.js';
import { replace } from '../support/replace.js';

const beside = new URL('../../src/audio/worklets/synthflow-call.worklet.js', import.meta.url).href;

/** Loads into a context that refuses what begins like this. Answers what was tried, in order, each once. */
async function load(refused: readonly string[], location?: WorkletLocation) {
  const context = new OfflineAudioContext(1, 128, 48_000);
  const { audioWorklet } = context;
  const addModule = audioWorklet.addModule.bind(audioWorklet);
  const tried: string[] = [];
  replace(audioWorklet, 'addModule', (url: string) => {
    if (!tried.includes(url)) tried.push(url);
    const isRefused = refused.some((start) => new URL(url, document.baseURI).href.startsWith(start));
    return isRefused ? Promise.reject(new DOMException('refused', 'AbortError')) : addModule(url);
  });
  const failure: unknown = await loadWorklet(context, location).catch((cause: unknown) => cause);
  const make = (name: string) =>
    new AudioWorkletNode(context, name, { processorOptions: { wireRate: 16_000, chunkSamples: 320 } });
  return { tried, failure, make };
}

const everything = ['http:', 'blob:', 'data:'];

const schemes = (urls: string[]) => urls.map((url) => new URL(url, document.baseURI).protocol);

describe('loadWorklet', () => {
  it('takes the file beside the script, and nothing else, where that works', async () => {
    const { tried, failure, make } = await load([]);
    expect(failure).to.equal(undefined);
    expect(tried).to.deep.equal([beside]);
    expect(() => make('synthflow-capture')).not.to.throw();
    expect(() => make('synthflow-playback')).not.to.throw();
  });

  it('tries a blob when the file is refused, and both processors are in it', async () => {
    const { tried, failure, make } = await load(['http:']);
    expect(failure).to.equal(undefined);
    expect(schemes(tried)).to.deep.equal(['http:', 'blob:']);
    expect(() => make('synthflow-capture')).not.to.throw();
    expect(() => make('synthflow-playback')).not.to.throw();
  });

  it('tries a data URL when the blob is refused too (Safari in an iframe: elevenlabs/packages #58)', async () => {
    const { tried, failure, make } = await load(['http:', 'blob:']);
    expect(failure).to.equal(undefined);
    expect(schemes(tried)).to.deep.equal(['http:', 'blob:', 'data:']);
    expect(() => make('synthflow-capture')).not.to.throw();
    expect(() => make('synthflow-playback')).not.to.throw();
  });

  it('tells the developer of script-src when every way is refused', async () => {
    const { tried, failure } = await load(everything);
    expect(schemes(tried)).to.deep.equal(['http:', 'blob:', 'data:']);
    expect(failure).to.be.instanceOf(AudioFailure);
    expect((failure as AudioFailure).code).to.equal('audio-failed');
    expect((failure as AudioFailure).message)
      .to.contain('script-src')
      .and.to.contain('worklet-url');
    expect(((failure as AudioFailure).cause as DOMException).name).to.equal('AbortError');
  });

  for (const refused of [[], ['http:'], everything]) {
    it(`keeps no blob alive where ${refused.join(', ') || 'nothing'} is refused`, async () => {
      const made: string[] = [];
      const create = URL.createObjectURL.bind(URL);
      replace(URL, 'createObjectURL', (blob: Blob) => {
        made.push(create(blob));
        return made.at(-1)!;
      });
      await load(refused);
      for (const url of made) {
        const isAlive = await fetch(url).then(
          () => true,
          () => false,
        );
        expect(isAlive).to.equal(false);
      }
    });
  }

  it('tries the URL that the page names first', async () => {
    const { tried } = await load(everything, { workletUrl: '/assets/sound.js', assetsUrl: '/elsewhere' });
    expect(tried[0]).to.equal('/assets/sound.js');
    expect(schemes(tried.slice(-2))).to.deep.equal(['blob:', 'data:']);
  });

  it('falls back to the file beside the script when the URL that the page names is refused', async () => {
    const { tried } = await load(everything, { workletUrl: '/assets/sound.js' });
    expect(tried[1]).to.equal(beside);
  });

  for (const [workletUrl, ways] of [
    ['blob:', ['blob:', 'data:']],
    ['data:', ['data:']],
  ] as const) {
    it(`tries no file where the page says ${workletUrl}`, async () => {
      expect(schemes((await load(everything, { workletUrl })).tried)).to.deep.equal(ways);
      const { tried, make } = await load([], { workletUrl });
      expect(schemes(tried)).to.deep.equal([workletUrl]);
      expect(() => make('synthflow-capture')).not.to.throw();
    });
  }

  for (const assetsUrl of ['/assets/', new URL('/assets/', location.href).href]) {
    it(`looks in the folder ${assetsUrl.replace(location.origin, '')} of ${assetsUrl.startsWith('/') ? 'the page' : 'a URL'}`, async () => {
      const { tried } = await load(everything, { assetsUrl });
      expect(new URL(tried[0]!, document.baseURI).pathname).to.equal('/assets/synthflow-call.worklet.js');
    });
  }

  it('names the code of a failure also where the folder is no URL', async () => {
    const { failure } = await load(everything, { assetsUrl: 'https://' });
    expect(failure).to.be.instanceOf(AudioFailure);
  });
});
