import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { KnownSecret } from '@ledgerflow/platform/log/testing';
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT, type CryptoKey, type JWK } from 'jose';

export const AUDIENCE = 'ledgerflow';
const KEY_ID = 'test-key';
const SIGNATURES_MAX = 1_000;

export interface TokenClaims {
  roles: string[];
  ledgers?: string[];
  subject?: string;
  audience?: string;
  issuer?: string;
  /** Seconds from now; negative for an expired token. */
  expiresInSeconds?: number;
}

/** An OpenID provider as far as a resource server sees it: discovery, JWKS, and any token a test wants. */
export class TestIssuer {
  url = '';
  private server: Server | null = null;
  private privateKey: CryptoKey | null = null;
  private jwk: JWK = {};
  /** Signatures of the tokens it gave; a token itself is found by its shape. Those of long runs would be too many: the newest. */
  private readonly signatures: string[] = [];

  async start(): Promise<void> {
    const { privateKey, publicKey } = await generateKeyPair('ES256');
    this.privateKey = privateKey;
    this.jwk = { ...(await exportJWK(publicKey)), kid: KEY_ID, alg: 'ES256', use: 'sig' };
    this.server = createServer((request, response) => {
      const answer = (body: unknown): void =>
        void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      if (request.url === '/jwks') return answer({ keys: [this.jwk] });
      if (request.url === '/.well-known/openid-configuration') return answer({ issuer: this.url, jwks_uri: `${this.url}/jwks` });
      response.writeHead(404).end();
    });
    await new Promise<void>((resolve) => this.server?.listen(0, '127.0.0.1', resolve));
    this.url = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async token(claims: TokenClaims): Promise<string> {
    if (this.privateKey === null) throw new Error('the issuer is not started');
    const now = Math.floor(Date.now() / 1000);
    const token = await this.claims(
      new SignJWT({ roles: claims.roles, ledgers: claims.ledgers ?? ['*'] }).setProtectedHeader({
        alg: 'ES256',
        kid: KEY_ID,
        typ: 'at+jwt',
      }),
      claims,
      now,
    ).sign(this.privateKey);
    this.signatures.push(token.slice(token.lastIndexOf('.') + 1));
    if (this.signatures.length > SIGNATURES_MAX) this.signatures.shift();
    return token;
  }

  get secrets(): KnownSecret[] {
    return this.signatures.map((value) => ({ kind: 'the signature of a token', value }));
  }

  /** The same claims with alg none. */
  unsignedToken(claims: TokenClaims): string {
    const now = Math.floor(Date.now() / 1000);
    return this.claims(new UnsecuredJWT({ roles: claims.roles, ledgers: claims.ledgers ?? ['*'] }), claims, now).encode();
  }

  private claims<T extends SignJWT | UnsecuredJWT>(jwt: T, claims: TokenClaims, now: number): T {
    const expires = now + (claims.expiresInSeconds ?? 3_600);
    jwt
      .setIssuer(claims.issuer ?? this.url)
      .setAudience(claims.audience ?? AUDIENCE)
      .setSubject(claims.subject ?? `test-${claims.roles.join('-')}`)
      .setIssuedAt(Math.min(now, expires - 60))
      .setExpirationTime(expires);
    return jwt;
  }

  async stop(): Promise<void> {
    const server = this.server;
    this.server = null;
    if (server === null) return;
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}
