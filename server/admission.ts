import { passChallenge } from './challenge.js';
import { countedAddress, type RequestContext } from './client-address.js';
import type { Limit } from './limits.js';
import { Refusal } from './refusal.js';
import type { TokenRequest } from './request-fields.js';
import type { TokenSettings } from './token-settings.js';

/** For all that the store is asked of one request. */
const storeLimitMs = 900;
/** For a challenge, which may ask a service on the network. */
const challengeLimitMs = 3000;
/** First requests of connect-then-bind for one that its second requests allow: some calls are given up in between. */
const connectionsPerCall = 2;
const cannotCount = 'Calls cannot be counted now.';
/** Of sessions of one address, before it is suspicious. */
const inconspicuous: Limit = { name: 'address-unchallenged', max: 2, windowS: 600 };

/**
 * Lets a request start a session that the limits allow, and counts it.
 * @throws Refusal - for a limit that is reached, a challenge to solve, and a store that does not answer: what cannot be
 *   counted is not allowed.
 */
export async function admit(
  request: TokenRequest,
  context: RequestContext,
  answer: unknown,
  { limits, store, challenge, findAddress }: TokenSettings,
): Promise<void> {
  const address = findAddress(request, context);
  const subject = subjectOf(address);
  if (challenge) {
    const isSuspicious = async (): Promise<boolean> => {
      if (!request.headers.has('sec-fetch-site')) return true;
      const perMinute = limits.find(({ name }) => name === 'minute');
      const calm = perMinute && { name: 'unchallenged', max: Math.ceil(perMinute.max / 2), windowS: 60 };
      return (await store.take(inconspicuous, subject)) > 0 || (calm !== undefined && (await store.take(calm, '')) > 0);
    };
    const visit = { method: request.method, answer, address, isSuspicious };
    await inTime(challengeLimitMs, 'The challenge cannot be checked now.', () =>
      passChallenge(challenge, store, visit),
    );
  }
  await inTime(storeLimitMs, cannotCount, async () => {
    for (const limit of limits) {
      const waitS = await store.take(limit, limit.isPerAddress ? subject : '');
      if (waitS > 0) throw refusalFor(limit.name, limit.isPerAddress, waitS);
    }
  });
}

/**
 * Lets a first request of connect-then-bind ask Synthflow where to connect, and counts it. It creates nothing, so only a
 * flood is held off: more than twice what `addressPerMinute` lets one address call.
 * @throws Refusal - as {@link admit}.
 */
export async function admitConnection(
  request: TokenRequest,
  context: RequestContext,
  { limits, store, findAddress }: TokenSettings,
): Promise<void> {
  const ofCalls = limits.find(({ name }) => name === 'address-minute');
  if (!ofCalls) return;
  const limit: Limit = { name: 'address-connect', max: connectionsPerCall * ofCalls.max, windowS: ofCalls.windowS };
  await inTime(storeLimitMs, cannotCount, async () => {
    const waitS = await store.take(limit, subjectOf(findAddress(request, context)));
    if (waitS > 0) throw refusalFor(limit.name, true, waitS);
  });
}

/** Those whose address nobody knows count as one visitor. */
function subjectOf(address: string | undefined): string {
  return countedAddress(address) ?? 'unknown';
}

function refusalFor(limit: string, isPerAddress: boolean, waitS: number): Refusal {
  const message = isPerAddress ? 'Too many calls from this address for now.' : 'No more calls are taken here for now.';
  return new Refusal('rate-limited', message, { retryAfterS: Math.max(1, Math.ceil(waitS)), limit });
}

async function inTime(limitMs: number, sentence: string, work: () => Promise<void>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('late')), limitMs);
  });
  try {
    await Promise.race([work(), late]);
  } catch (error) {
    // Whatever else it is may hold a secret, such as the store's URL.
    throw error instanceof Refusal ? error : new Refusal('busy', sentence, { retryAfterS: 5 });
  } finally {
    clearTimeout(timer);
  }
}
