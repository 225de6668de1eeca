import type { IncomingMessage } from 'node:http';
import ipaddr from 'ipaddr.js';
import proxyAddr from 'proxy-addr';

export type AddressOf = (request: IncomingMessage) => string;

const MAPPED = '::ffff:';
const NETWORK_BYTES = 8;

/** What limits count by: an IPv4 address, or the /64 of an IPv6 one, because a single host has as many of these as it likes. */
function counted(address: string): string {
  if (address.startsWith(MAPPED) && address.includes('.')) return address.slice(MAPPED.length);
  if (!address.includes(':')) return address;
  const zone = address.indexOf('%');
  const plain = zone < 0 ? address : address.slice(0, zone);
  if (!ipaddr.IPv6.isValid(plain)) return address;
  return Buffer.from(ipaddr.IPv6.parse(plain).toByteArray().slice(0, NETWORK_BYTES)).toString('hex');
}

/**
 * Where a request comes from. X-Forwarded-For is believed only as far as the connection, and then each hop, is a trusted proxy: the first that is not is the client.
 * `trusted`: addresses, networks (10.0.0.0/8) or loopback, linklocal, uniquelocal, commas between; empty for nobody. Throws when one is none of these.
 */
export function addressOf(trusted: string): AddressOf {
  const names = trusted
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  if (names.length === 0) return ({ socket }) => counted(socket.remoteAddress ?? '');
  const trust = proxyAddr.compile(names);
  return (request) => {
    const { 'x-forwarded-for': forwarded } = request.headers;
    if (forwarded === undefined) return counted(request.socket.remoteAddress ?? '');
    const address = proxyAddr(request, trust);
    // What a trusted proxy passed on but is no address counts as the proxy's own.
    return counted(ipaddr.isValid(address) ? address : (request.socket.remoteAddress ?? ''));
  };
}
