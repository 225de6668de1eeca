import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type JWK, type JWTPayload, SignJWT } from 'jose';

export const ISSUER = 'https://issuer.test';

export interface SigningKey {
  privateKey: KeyObject;
  publicKey: KeyObject;
  jwk: JWK;
  alg: string;
}

export function signingKey(kid: string, kind: 'ec' | 'rsa' = 'ec'): SigningKey {
  const { privateKey, publicKey } =
    kind === 'ec' ? generateKeyPairSync('ec', { namedCurve: 'P-256' }) : generateKeyPairSync('rsa', { modulusLength: 2048 });
  const alg = kind === 'ec' ? 'ES256' : 'RS256';
  return { privateKey, publicKey, alg, jwk: { ...publicKey.export({ format: 'jwk' }), kid, alg, use: 'sig' } };
}

/** Publishes keys, or does not. */
export class KeyServer {
  keys: unknown[] = [];
  /** json: as it should. error: 500. garbage: no key set. */
  mode: 'json' | 'error' | 'garbage' = 'json';
  fetched = 0;
  /** Requests for anything else. */
  readonly strays: string[] = [];
  private readonly server = createServer((request, response) => {
    if (request.url !== '/jwks') this.strays.push(request.url ?? '');
    else this.fetched += 1;
    const body = this.mode === 'garbage' ? '{"keys":"none"}' : JSON.stringify({ keys: this.keys });
    response.writeHead(this.mode === 'error' ? 500 : 200, { 'content-type': 'application/json' }).end(body);
  });

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

/** Claims that are good in every respect, now. */
export function goodClaims(over: Record<string, unknown> = {}): JWTPayload {
  const now = Math.floor(Date.now() / 1000);
  const claims = { iss: ISSUER, aud: 'ledgerflow', sub: 'alice', iat: now, exp: now + 600, roles: ['viewer'], ledgers: ['main'], ...over };
  return Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined));
}

export function sign(key: SigningKey, claims: JWTPayload = goodClaims(), header: Record<string, unknown> = {}): Promise<string> {
  return new SignJWT(claims).setProtectedHeader({ alg: key.alg, kid: key.jwk.kid as string, ...header }).sign(key.privateKey);
}
