import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from '@jest/globals';
import { addressOf, countedAs, trustedProxiesProblems } from './addresses.ts';

const from = (trusted: string, remoteAddress: string, forwarded?: string): string =>
  addressOf(trusted)({
    socket: { remoteAddress },
    connection: { remoteAddress },
    headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded },
  } as unknown as IncomingMessage);

describe('where a request comes from', () => {
  it.each([
    ['the connection', '', '9.9.9.9', undefined, '9.9.9.9'],
    ['no forwarded address when nobody is trusted', '', '10.0.0.1', '1.1.1.1', '10.0.0.1'],
    ['no forwarded address of a stranger', '10.0.0.0/8', '9.9.9.9', '1.1.1.1', '9.9.9.9'],
    ['what a trusted proxy says', '10.0.0.0/8', '10.0.0.1', '1.1.1.1', '1.1.1.1'],
    ['not what the client wrote in front of it', '10.0.0.0/8', '10.0.0.1', '6.6.6.6, 1.1.1.1', '1.1.1.1'],
    ['through two trusted proxies', 'loopback,10.0.0.0/8', '127.0.0.1', '6.6.6.6, 1.1.1.1, 10.2.3.4', '1.1.1.1'],
    ['the proxy for what is no address', '10.0.0.0/8', '10.0.0.1', 'unknown', '10.0.0.1'],
    ['IPv4 in IPv6', '', '::ffff:9.9.9.9', undefined, '9.9.9.9'],
    ['IPv4 in IPv6 of a trusted proxy', '10.0.0.0/8', '::ffff:10.0.0.1', '1.1.1.1', '1.1.1.1'],
    ['IPv6', '10.0.0.0/8', '10.0.0.1', '2001:db8:1:2:aaaa::1', '2001:db8:1:2:aaaa::1'],
  ])('takes %s', (_, trusted, remote, forwarded, expected) => {
    expect(from(trusted, remote, forwarded)).toBe(expected);
  });

  it.each([
    ['an IPv4 address by itself', '9.9.9.9', '9.9.9.9'],
    ['an IPv6 one by its network', '2001:db8:1:2:aaaa::1', '20010db800010002'],
    ['another host of it too', '2001:db8:1:2:ffff:ffff::9', '20010db800010002'],
    ['another network apart', '2001:db8:1:3::1', '20010db800010003'],
    ['a scoped address', 'fe80::1%eth0', 'fe80000000000000'],
    ['what is none as it is', 'x:y', 'x:y'],
  ])('counts %s', (_, address, counted) => expect(countedAs(address)).toBe(counted));

  it('says at the start which trusted proxy is none', () => {
    expect(trustedProxiesProblems({ TRUSTED_PROXIES: 'loopback, 10.0.0.0/8' })).toEqual([]);
    expect(trustedProxiesProblems({})).toEqual([]);
    expect(trustedProxiesProblems({ TRUSTED_PROXIES: '10.0.0.0/99' })).toEqual([expect.stringMatching(/^TRUSTED_PROXIES must be .*99/)]);
  });
});
