import type { IncomingMessage } from 'node:http';
import ipaddr from 'ipaddr.js';
import proxyAddr from 'proxy-addr';

export type AddressOf = (request: IncomingMessage) => string;

const MAPPED = '::ffff:';
const NETWORK_BYTES = 8;

/** Of a client's address what limits count by: an IPv4 address, or the /64 of an IPv6 one, because a single host has as many of these as it likes. */
export function countedAs(address: string): string {
  if (!address.includes(':')) return address;
  const zone = address.indexOf('%');
  const plain = zone < 0 ? address : address.slice(0, zone);
  if (!ipaddr.IPv6.isValid(plain)) return address;
  return Buffer.from(ipaddr.IPv6.parse(plain).toByteArray().slice(0, NETWORK_BYTES)).toString('hex');
}

const plain = (address: string): string => (address.startsWith(MAPPED) && address.includes('.') ? address.slice(MAPPED.length) : address);

function trustOf(trusted: string): ReturnType<typeof proxyAddr.compile> | null {
  const names = trusted
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  return names.length === 0 ? null : proxyAddr.compile(names);
}

/**
 * Where a request comes from. X-Forwarded-For is believed only as far as the connection, and then each hop, is a trusted proxy: the first that is not is the client.
 * `trusted`: addresses, networks (10.0.0.0/8) or loopback, linklocal, uniquelocal, commas between; empty for nobody. Throws when one is none of these.
 */
export function addressOf(trusted: string): AddressOf {
  const trust = trustOf(trusted);
  if (trust === null) return ({ socket }) => plain(socket.remoteAddress ?? '');
  return (request) => {
    const { 'x-forwarded-for': forwarded } = request.headers;
    const own = request.socket.remoteAddress ?? '';
    if (forwarded === undefined) return plain(own);
    const address = proxyAddr(request, trust);
    // What a trusted proxy passed on but is no address counts as the proxy's own.
    return plain(ipaddr.isValid(address) ? address : own);
  };
}

/** What is wrong with the variable TRUSTED_PROXIES of an environment. */
export function trustedProxiesProblems({ TRUSTED_PROXIES: trusted }: Readonly<Record<string, unknown>>): string[] {
  try {
    trustOf(typeof trusted === 'string' ? trusted : '');
    return [];
  } catch (error) {
    return [`TRUSTED_PROXIES must be addresses, networks or loopback, linklocal, uniquelocal, commas between: ${(error as Error).message}`];
  }
}
