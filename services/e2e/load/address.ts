import { ID_PATTERN } from '@ledgerflow/contracts';

/** Whether nobody but this machine can be meant. */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}

const DEFAULT_PORTS: Record<string, number> = { 'http:': 80, 'https:': 443 };

/** The port of an address on this machine; null if it is of another machine, or not an address of a web server. */
export function localPort(address: string): number | null {
  const url = URL.parse(address);
  const standard = url === null ? undefined : DEFAULT_PORTS[url.protocol];
  if (url === null || standard === undefined || !isLoopback(url.hostname)) return null;
  return url.port === '' ? standard : Number(url.port);
}

/** What is wrong with the address of an API that is to be written to, for a person; null if nothing is. `what` is what would be done to it. */
export function addressProblem({ baseUrl, allowRemote }: { baseUrl: string; allowRemote: boolean }, what: string): string | null {
  const url = URL.parse(baseUrl);
  const isOrigin = url !== null && url.protocol in DEFAULT_PORTS && url.pathname === '/' && url.search === '' && url.hash === '';
  if (!isOrigin || url.username !== '' || url.password !== '') return `--base-url ${baseUrl} is not an address as http://127.0.0.1:8080`;
  if (!allowRemote && !isLoopback(url.hostname))
    return `${url.hostname} is not this machine: say --allow-remote if ${what} is really meant`;
  return null;
}

const ID = new RegExp(ID_PATTERN);

/** What is wrong with the id of a ledger, for a person; null if nothing is, or none is given. */
export function ledgerProblem(ledger: string | undefined): string | null {
  if (ledger === undefined || ID.test(ledger)) return null;
  return `--ledger '${ledger}' cannot be the id of a ledger: 1 to 128 letters, digits, and any of _ . : @ -`;
}

/** What is wrong with a bearer token before anybody looks into it, for a person; null if nothing is, or none is given. */
export function tokenProblem(token: string | undefined): string | null {
  return token === undefined || /^[\x21-\x7e]+$/.test(token) ? null : '--token is empty or not a token: it has spaces or other characters';
}
