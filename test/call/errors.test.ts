import { expect } from '@open-wc/testing';
import { CallError, type CallErrorCode } from '../../src/call/errors.js';

/** Every code, and whether a second try can help. */
const codes: Record<CallErrorCode, boolean> = {
  'unsupported-browser': false,
  'insecure-context': false,
  'microphone-denied': true,
  'microphone-blocked-by-policy': false,
  'microphone-not-found': true,
  'microphone-in-use': true,
  'microphone-lost': true,
  'token-endpoint-missing': false,
  'token-request-failed': true,
  'token-request-timeout': true,
  'token-response-invalid': true,
  'rate-limited': true,
  'session-url-rejected': true,
  'connection-failed': true,
  'connection-timeout': true,
  'agent-timeout': true,
  'connection-lost': true,
  'audio-failed': true,
  'protocol-error': false,
};

/** What a sentence holds that tells what to do. */
const instruction =
  /(^|[.:] )(Allow|Close|Connect|Let|Raise|Mend|Send|Serve|Set) |, and close | must (be|answer) | needs allow=|`synthflow-call doctor/;

describe('a call’s error', () => {
  for (const [name, retryable] of Object.entries(codes)) {
    const code = name as CallErrorCode;
    it(`${code} tells the developer a sentence and whether to try again`, () => {
      const error = new CallError(code);
      expect(error).to.be.instanceOf(Error);
      expect(error.name).to.equal('CallError');
      expect(error.code).to.equal(code);
      expect(error.retryable).to.equal(retryable);
      expect(error.message).to.match(/^[A-Za-z].{20,}\.$/);
    });
  }

  for (const code of Object.keys(codes)) {
    // `token-request-failed` says it in its detail, by what has happened.
    if (code === 'token-request-failed' || code === 'rate-limited') continue;
    it(`${code} says what to change`, () => {
      expect(new CallError(code as CallErrorCode).message).to.match(instruction);
    });
  }

  it('has another sentence for every code', () => {
    const messages = Object.keys(codes).map((code) => new CallError(code as CallErrorCode).message);
    expect(new Set(messages).size).to.equal(messages.length);
  });

  it('knows nothing that it was not told', () => {
    const { retryAfterS, httpStatus, endpointCode, closeCode, cause, visitorMessage } = new CallError('audio-failed');
    expect({ retryAfterS, httpStatus, endpointCode, closeCode, cause, visitorMessage }).to.deep.equal({
      retryAfterS: undefined,
      httpStatus: undefined,
      endpointCode: undefined,
      closeCode: undefined,
      cause: undefined,
      visitorMessage: '',
    });
  });

  it('keeps what it was told, a zero too', () => {
    const cause = new Error('why');
    const details = { cause, retryAfterS: 0, httpStatus: 429, endpointCode: 'busy', closeCode: 4000 };
    expect(new CallError('rate-limited', details)).to.include(details);
  });

  it('says a close code last', () => {
    const plain = new CallError('connection-failed').message;
    expect(new CallError('connection-failed', { detail: 'So.', closeCode: 1011 }).message).to.equal(
      `${plain} So. Close code: 1011.`,
    );
  });

  it('says the detail after its own sentence', () => {
    const plain = new CallError('audio-failed').message;
    expect(new CallError('audio-failed', { detail: 'The worklet is missing.' }).message).to.equal(
      `${plain} The worklet is missing.`,
    );
    expect(new CallError('audio-failed', { detail: '' }).message).to.equal(plain);
  });
});
