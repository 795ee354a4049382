import type { TokenRequest } from './request-fields.js';

/** What a platform knows of a request and its headers do not say. */
export interface RequestContext {
  /** The address at the other end of the connection, or what the platform says is the visitor's. */
  address?: string | undefined;
}

/** Platforms that put the visitor's address into a header of their own, over whatever the visitor sent there. */
const platformHeaders = {
  cloudflare: 'cf-connecting-ip',
  vercel: 'x-vercel-forwarded-for',
  netlify: 'x-nf-client-connection-ip',
  fly: 'fly-client-ip',
} as const;

/**
 * Where a visitor's address is found: a platform's header, the number of proxies of yours in front of the endpoint
 * (0: the connection's own address), or a function.
 */
export type ClientAddress =
  number | keyof typeof platformHeaders | ((request: Request, context: RequestContext) => string | undefined);

/** Finds a visitor's address; `undefined` where nothing that can be believed says it. */
export type AddressFinder = (
  request: Pick<TokenRequest, 'headers' | 'original'>,
  context: RequestContext,
) => string | undefined;

/** @throws TypeError - one sentence on what to change. */
export function resolveClientAddress(option: unknown): AddressFinder {
  if (typeof option === 'function') {
    // The site's own code gets a Request: see plainHandlerOf.
    return ({ original }, context) =>
      (option as (request: Request | undefined, context: RequestContext) => string)(original, context);
  }
  if (typeof option === 'string' && Object.hasOwn(platformHeaders, option)) {
    const header = platformHeaders[option as keyof typeof platformHeaders];
    return (request) => request.headers.get(header) ?? undefined;
  }
  if (typeof option === 'number' && Number.isInteger(option) && option >= 0 && option <= 16) {
    return (request, context) => behindProxies(request, context, option);
  }
  throw new TypeError(
    `The client address (TRUSTED_PROXIES) must be the number of trusted proxies, a function, or one of ${Object.keys(platformHeaders).join(', ')}.`,
  );
}

/**
 * Each proxy adds on the right whom it heard from. So the first on the left is whatever the visitor sent, and only what
 * our own proxies added, counted from the right, is true.
 */
function behindProxies(
  request: Pick<TokenRequest, 'headers'>,
  { address }: RequestContext,
  proxies: number,
): string | undefined {
  if (proxies === 0) return address;
  const forwarded = request.headers.get('x-forwarded-for')?.split(',') ?? [];
  return forwarded.at(-proxies)?.trim();
}

/**
 * The address as limits count it: an IPv4 address, or the /64 of an IPv6 one, which is what one household has.
 * @returns `undefined` for what is no address.
 */
export function countedAddress(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const ipv4 = /^(?:::ffff:)?((?:\d{1,3}\.){3}\d{1,3})(?::\d{1,5})?$/i.exec(text)?.[1];
  if (ipv4 !== undefined) return ipv4.split('.').every((part) => Number(part) <= 255) ? ipv4 : undefined;
  const [, bracketed, bare] = /^(?:\[([\da-f:.]+)\](?::\d{1,5})?|([\da-f:.]+))(?:%.*)?$/i.exec(text) ?? [];
  const url = `http://[${bracketed ?? bare}]`;
  if (!URL.canParse(url)) return undefined;
  const [head = '', tail] = new URL(url).hostname.slice(1, -1).split('::');
  const groups = head === '' ? [] : head.split(':');
  const after = tail ? tail.split(':') : [];
  const all = [...groups, ...Array<string>(8 - groups.length - after.length).fill('0'), ...after];
  if (/^(?:0:){5}ffff:/.test(all.join(':'))) {
    const [high, low] = all.slice(6).map((group) => parseInt(group, 16)) as [number, number];
    return [high >> 8, high & 255, low >> 8, low & 255].join('.');
  }
  return `${all.slice(0, 4).join(':')}::/64`;
}
