import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { countedAddress, resolveClientAddress, type ClientAddress } from '../../server/client-address.js';
import { fromRequest } from '../../server/request-fields.js';
import { endpoint } from './support.js';

const find = (option: ClientAddress, headers: Record<string, string>, address?: string): string | undefined =>
  resolveClientAddress(option)(fromRequest(new Request(endpoint, { headers })), { address });

describe('a visitor’s address', () => {
  it('is the connection’s own where no proxy is trusted, whatever a header says', () => {
    const forged = { 'x-forwarded-for': '192.0.2.1', 'cf-connecting-ip': '192.0.2.2', forwarded: 'for=192.0.2.3' };
    assert.equal(find(0, forged, '198.51.100.7'), '198.51.100.7');
    assert.equal(find(0, forged), undefined);
  });

  it('is counted from the right, one place a proxy, never from the left', () => {
    const headers = { 'x-forwarded-for': '192.0.2.66, 198.51.100.7,203.0.113.9' };
    assert.equal(find(1, headers, '127.0.0.1'), '203.0.113.9');
    assert.equal(find(2, headers, '127.0.0.1'), '198.51.100.7');
  });

  it('is unknown where fewer proxies have spoken than are trusted', () => {
    assert.equal(find(2, { 'x-forwarded-for': '192.0.2.66' }, '127.0.0.1'), undefined);
    assert.equal(find(1, {}, '127.0.0.1'), undefined);
  });

  it('is what a platform’s own header says, and no other', () => {
    const headers = {
      'cf-connecting-ip': '192.0.2.1',
      'x-vercel-forwarded-for': '192.0.2.2',
      'x-nf-client-connection-ip': '192.0.2.3',
      'fly-client-ip': '192.0.2.4',
    };
    const found = (['cloudflare', 'vercel', 'netlify', 'fly'] as const).map((platform) => find(platform, headers));
    assert.deepEqual(found, Object.values(headers));
    assert.equal(find('cloudflare', { 'x-forwarded-for': '192.0.2.1' }, '192.0.2.9'), undefined);
  });

  it('is what a function of the site says', () => {
    assert.equal(
      find((request) => request.headers.get('x-real-ip') ?? undefined, { 'x-real-ip': '192.0.2.1' }),
      '192.0.2.1',
    );
  });

  it('must be found in a way that there is', () => {
    for (const option of [-1, 1.5, 17, NaN, 'nginx', 'constructor', null, {}, true]) {
      assert.throws(() => resolveClientAddress(option), /^TypeError: The client address .* must be/, String(option));
    }
  });
});

describe('an address as limits count it', () => {
  it('is an IPv4 address, without port', () => {
    for (const text of ['192.0.2.1', '192.0.2.1:4711', '::ffff:192.0.2.1', '::FFFF:192.0.2.1', '[::ffff:c000:201]:1']) {
      assert.equal(countedAddress(text), '192.0.2.1', text);
    }
  });

  it('is one for the 64 bits that a household of IPv6 has', () => {
    const same = [
      '2001:db8:1:2::',
      '2001:db8:1:2::1',
      '2001:0DB8:0001:0002:ffff:ffff:ffff:ffff',
      '[2001:db8:1:2::9]:443',
    ];
    for (const text of same) assert.equal(countedAddress(text), '2001:db8:1:2::/64', text);
    assert.equal(countedAddress('2001:db8:1:3::1'), '2001:db8:1:3::/64');
    assert.equal(countedAddress('fe80::1%eth0'), 'fe80:0:0:0::/64');
    assert.equal(countedAddress('::1'), '0:0:0:0::/64');
    assert.equal(countedAddress('2001:db8::5:0:0:1'), '2001:db8:0:0::/64');
    assert.equal(countedAddress('1:2:3:4:5:6:7:8'), '1:2:3:4::/64');
  });

  it('is none where the text is none', () => {
    for (const text of [
      undefined,
      '',
      'unknown',
      '_hidden',
      '192.0.2',
      '192.0.2.256',
      '1:2',
      ':::',
      'g::1',
      '10',
      'a b',
    ]) {
      assert.equal(countedAddress(text), undefined, String(text));
    }
  });
});
