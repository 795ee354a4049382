import { expect } from '@open-wc/testing';
import { AudioFailure } from '../../src/audio/audio-failure.js';
import { closeMicrophone, openMicrophone } from '../../src/audio/microphone.js';
import { fakeAudioSession, watchMicrophone } from '../support/browser-fakes.js';
import { replace } from '../support/replace.js';

const cleaned = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };

/** What opening gives where the browser refuses. */
async function refusedWith(name: string): Promise<AudioFailure> {
  const cause = new DOMException('no', name);
  replace(navigator.mediaDevices, 'getUserMedia', () => Promise.reject(cause));
  const failure: unknown = await openMicrophone(cleaned).catch((error: unknown) => error);
  expect(failure).to.be.instanceOf(AudioFailure);
  expect((failure as AudioFailure).cause).to.equal(cause);
  return failure as AudioFailure;
}

describe('openMicrophone', () => {
  const codes = {
    NotAllowedError: 'microphone-denied',
    SecurityError: 'microphone-denied',
    NotFoundError: 'microphone-not-found',
    OverconstrainedError: 'microphone-not-found',
    NotReadableError: 'microphone-in-use',
    AbortError: 'microphone-in-use',
  };
  for (const [name, code] of Object.entries(codes)) {
    it(`calls a ${name} ${code}`, async () => {
      expect((await refusedWith(name)).code).to.equal(code);
    });
  }

  it('tells a page that forbids itself the microphone from a visitor who does', async () => {
    const asked: string[] = [];
    replace(document, 'featurePolicy', {
      allowsFeature(feature: string) {
        asked.push(feature);
        return false;
      },
    });
    expect((await refusedWith('NotAllowedError')).code).to.equal('microphone-blocked-by-policy');
    expect((await refusedWith('NotFoundError')).code).to.equal('microphone-not-found');
    expect(asked).to.deep.equal(['microphone']);
  });

  it('says that the visitor refused where the browser does not tell its policies', async () => {
    replace(document, 'featurePolicy', undefined);
    expect((await refusedWith('NotAllowedError')).code).to.equal('microphone-denied');
  });

  it('asks for one channel, cleaned as the page wants it', async () => {
    const { requests } = watchMicrophone();
    closeMicrophone(await openMicrophone(cleaned));
    const raw = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
    const stream = await openMicrophone(raw);
    expect(requests.map((request) => request!.audio)).to.deep.equal([
      { ...cleaned, channelCount: 1 },
      { ...raw, channelCount: 1 },
    ]);
    const settings: Record<string, unknown> = { ...stream.getAudioTracks()[0]!.getSettings() };
    // Not every browser tells of each: WebKit knows of no noise suppression.
    for (const [name, isOn] of Object.entries(raw)) expect(settings[name] ?? isOn, name).to.equal(isOn);
    closeMicrophone(stream);
  });

  it('asks before it returns, so that the tap still counts', () => {
    let isAsked = false;
    replace(navigator.mediaDevices, 'getUserMedia', () => {
      isAsked = true;
      return new Promise(() => {});
    });
    void openMicrophone(cleaned);
    expect(isAsked).to.equal(true);
  });

  it('tells iOS that this is a call before it asks, and gives the sound back afterwards (webkit.org/b/237322, /236219)', async () => {
    const types = fakeAudioSession();
    const { getUserMedia } = navigator.mediaDevices;
    let typesWhenAsked: string[] = [];
    replace(navigator.mediaDevices, 'getUserMedia', (constraints: MediaStreamConstraints) => {
      typesWhenAsked = [...types];
      return getUserMedia.call(navigator.mediaDevices, constraints);
    });
    const stream = await openMicrophone(cleaned);
    expect(typesWhenAsked).to.deep.equal(['play-and-record']);
    closeMicrophone(stream);
    expect(types).to.deep.equal(['play-and-record', 'auto']);
  });
});

describe('closeMicrophone', () => {
  it('puts the recording light out', async () => {
    const stream = await openMicrophone(cleaned);
    closeMicrophone(stream);
    expect(stream.getTracks().map(({ readyState }) => readyState)).to.deep.equal(['ended']);
  });

  it('does nothing where no microphone was granted', () => {
    expect(() => closeMicrophone(undefined)).not.to.throw();
  });
});
