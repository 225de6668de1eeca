import { createHmac, randomBytes, sign as signBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { silentLogger } from '@ledgerflow/platform/log';
import type { Principal } from '../auth/principal.ts';
import { TokenVerifier } from '../auth/verifier.ts';
import { Problem } from '../http/problem.ts';
import { goodClaims, ISSUER, KeyServer, sign, type SigningKey, signingKey } from '../test/key-server.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const now = (): number => Math.floor(Date.now() / 1000);
const base64 = (value: unknown): string => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

/** A compact JWS whose header is exactly this, signed by whatever is given. */
const compact = (header: unknown, claims: unknown, signer: (input: string) => Buffer): string => {
  const input = `${base64(header)}.${base64(claims)}`;
  return `${input}.${signer(input).toString('base64url')}`;
};
const es256 =
  (key: SigningKey) =>
  (input: string): Buffer =>
    signBytes('sha256', Buffer.from(input), { key: key.privateKey, dsaEncoding: 'ieee-p1363' });
const hs256 =
  (secret: string | Buffer) =>
  (input: string): Buffer =>
    createHmac('sha256', secret).update(input).digest();

/** What a bearer of it gets: the subject, or the code of the problem. */
async function outcome(verifier: TokenVerifier, token: string, scheme = 'Bearer '): Promise<string> {
  try {
    return (await verifier.authenticate(scheme + token)).id;
  } catch (error) {
    if (error instanceof Problem) return error.code;
    throw error;
  }
}

describe('tokens, by RFC 8725', () => {
  const server = new KeyServer();
  const ec = signingKey('ec-1');
  const rsa = signingKey('rsa-1', 'rsa');
  const stranger = signingKey('ec-1');
  const verifiers: TokenVerifier[] = [];
  let verifier: TokenVerifier;

  const make = (keysRefreshMs = MINUTE_MS, clock?: () => number): TokenVerifier => {
    const made = new TokenVerifier({
      issuer: ISSUER,
      audience: 'ledgerflow',
      jwksUrl: `${server.url}/jwks`,
      keysRefreshMs,
      rolesClaim: 'roles',
      ledgersClaim: 'ledgers',
      roleMap: new Map(),
      log: silentLogger,
      ...(clock === undefined ? {} : { now: clock }),
    });
    verifiers.push(made);
    return made;
  };
  beforeAll(async () => {
    await server.start();
    server.keys = [ec.jwk, rsa.jwk];
    verifier = make();
  });
  afterEach(() => {
    server.mode = 'json';
    server.keys = [ec.jwk, rsa.jwk];
  });
  afterAll(async () => {
    verifiers.forEach((each) => each.close());
    await server.stop();
  });

  it.each<[string, () => Promise<string>]>([
    ['ES256', () => sign(ec)],
    ['RS256', () => sign(rsa)],
    ['the type at+jwt', () => sign(ec, goodClaims(), { typ: 'at+jwt' })],
    ['the type JWT', () => sign(ec, goodClaims(), { typ: 'JWT' })],
    ['the audience among others', () => sign(ec, goodClaims({ aud: ['account', 'ledgerflow'] }))],
    ['an expiry 3 s ago', () => sign(ec, goodClaims({ exp: now() - 3 }))],
    ['a beginning in 3 s', () => sign(ec, goodClaims({ nbf: now() + 3 }))],
    ['an issue in 3 s', () => sign(ec, goodClaims({ iat: now() + 3 }))],
    ['no time of issue', () => sign(ec, goodClaims({ iat: undefined }))],
    ['an expiry in 10,000 years', () => sign(ec, goodClaims({ exp: 315_576_000_000 }))],
  ])('takes %s', async (_, token) => {
    expect(await outcome(verifier, await token())).toBe('alice');
  });

  const publicPem = rsa.publicKey.export({ type: 'spki', format: 'pem' });
  const header = { alg: 'ES256', kid: 'ec-1' };
  it.each<[string, () => string | Promise<string>]>([
    ['HS256 with the public key as PEM', () => compact({ alg: 'HS256', kid: 'rsa-1' }, goodClaims(), hs256(publicPem as string))],
    [
      'HS256 with the public key as DER',
      () => compact({ alg: 'HS256', kid: 'rsa-1' }, goodClaims(), hs256(rsa.publicKey.export({ type: 'spki', format: 'der' }) as Buffer)),
    ],
    [
      'HS256 with the modulus',
      () => compact({ alg: 'HS256', kid: 'rsa-1' }, goodClaims(), hs256(Buffer.from(rsa.jwk.n as string, 'base64url'))),
    ],
    ['HS512 without a kid', () => compact({ alg: 'HS512' }, goodClaims(), hs256('secret'))],
    ['an empty HMAC key', () => compact({ alg: 'HS256' }, goodClaims(), hs256(''))],
    ['alg none with a signature', () => compact({ alg: 'none' }, goodClaims(), es256(ec))],
    ['alg nOnE', () => compact({ alg: 'nOnE', kid: 'ec-1' }, goodClaims(), es256(ec))],
    ['no alg', () => compact({ kid: 'ec-1' }, goodClaims(), es256(ec))],
    ['an alg that is a list', () => compact({ alg: ['ES256'], kid: 'ec-1' }, goodClaims(), es256(ec))],
    ['an alg that the key is not for', () => compact({ alg: 'ES384', kid: 'ec-1' }, goodClaims(), es256(ec))],
    ['RS256 with an EC key', () => compact({ alg: 'RS256', kid: 'ec-1' }, goodClaims(), es256(ec))],
    ["another key under the issuer's kid", () => sign(stranger)],
    ['a kid that is a path', () => sign(stranger, goodClaims(), { kid: '../../../../dev/null' })],
    ['a kid that is SQL', () => sign(stranger, goodClaims(), { kid: "x' UNION SELECT 'key' -- " })],
    ['a kid that is a command', () => sign(stranger, goodClaims(), { kid: '| cat /etc/passwd' })],
    ['a kid of 8 KiB', () => sign(stranger, goodClaims(), { kid: 'k'.repeat(8_192) })],
    ['a kid of a prototype', () => sign(stranger, goodClaims(), { kid: '__proto__' })],
    ['a kid that is an object', () => compact({ alg: 'ES256', kid: { $ne: null } }, goodClaims(), es256(ec))],
    ['its own key in jwk', () => sign(stranger, goodClaims(), { kid: 'mine', jwk: stranger.jwk })],
    ['its own key in jwk under a known kid', () => sign(stranger, goodClaims(), { jwk: stranger.jwk })],
    ['keys of its own at jku', () => sign(stranger, goodClaims(), { kid: 'mine', jku: `${server.url}/evil-jku` })],
    ['a certificate at x5u', () => sign(stranger, goodClaims(), { kid: 'mine', x5u: `${server.url}/evil-x5u` })],
    ['a certificate in x5c', () => compact({ ...header, x5c: ['MIIB'] }, goodClaims(), es256(stranger))],
    ['an unknown critical header', () => compact({ ...header, crit: ['exp'], exp: 1 }, goodClaims(), es256(ec))],
    ['an empty crit', () => compact({ ...header, crit: [] }, goodClaims(), es256(ec))],
    ['an unencoded payload (b64)', () => compact({ ...header, crit: ['b64'], b64: false }, goodClaims(), es256(ec))],
    ['a logout token', () => sign(ec, goodClaims(), { typ: 'logout+jwt' })],
    ['an ID token with a nonce', () => sign(ec, goodClaims({ nonce: 'n' }))],
    ['an ID token with at_hash', () => sign(ec, goodClaims({ at_hash: 'h' }))],
    ['an ID token with c_hash', () => sign(ec, goodClaims({ c_hash: 'h' }), { typ: 'at+jwt' })],
    ['a proof of possession', () => sign(ec, goodClaims(), { typ: 'dpop+jwt' })],
    ['no signature', async () => `${(await sign(ec)).split('.').slice(0, 2).join('.')}.`],
    ['a changed payload', async () => (await sign(ec)).replace(/\.[^.]+\./, `.${base64(goodClaims({ roles: ['admin'] }))}.`)],
    ['a signature of zeros', () => compact(header, goodClaims(), () => Buffer.alloc(64))],
    ['a signature in DER', () => compact(header, goodClaims(), (input) => signBytes('sha256', Buffer.from(input), ec.privateKey))],
    ['a payload that is no JSON', () => compact(header, 'not json', es256(ec))],
    ['a payload that is a list', () => compact(header, [goodClaims()], es256(ec))],
    ['a header that is no JSON', () => compact('not json', goodClaims(), es256(ec))],
    ['another issuer', () => sign(ec, goodClaims({ iss: 'https://evil.test' }))],
    ['the issuer with a slash more', () => sign(ec, goodClaims({ iss: `${ISSUER}/` }))],
    ['a list of issuers', () => sign(ec, goodClaims({ iss: [ISSUER, 'x'] }) as never)],
    ['no issuer', () => sign(ec, goodClaims({ iss: undefined }))],
    ['another audience', () => sign(ec, goodClaims({ aud: 'ledgerflow-frontend' }))],
    ['an audience that only contains ours', () => sign(ec, goodClaims({ aud: ['xledgerflow', 'ledgerflow x'] }))],
    ['no audience', () => sign(ec, goodClaims({ aud: undefined }))],
    ['no expiry', () => sign(ec, goodClaims({ exp: undefined }))],
    ['an expiry that is text', () => sign(ec, goodClaims({ exp: '9999999999' }) as never)],
    ['an expiry 6 s ago', () => sign(ec, goodClaims({ exp: now() - 6 }))],
    ['a beginning in 30 s', () => sign(ec, goodClaims({ nbf: now() + 30 }))],
    ['an issue in 30 s', () => sign(ec, goodClaims({ iat: now() + 30 }))],
    ['a time of issue that is text', () => sign(ec, goodClaims({ iat: 'now' }) as never)],
    ['no subject', () => sign(ec, goodClaims({ sub: undefined }))],
    ['an empty subject', () => sign(ec, goodClaims({ sub: '' }))],
    ['a subject that is a number', () => sign(ec, goodClaims({ sub: 7 }) as never)],
    ['a subject that is a list', () => sign(ec, goodClaims({ sub: ['alice'] }) as never)],
    ['a subject of 256 characters', () => sign(ec, goodClaims({ sub: 's'.repeat(256) }))],
    ['a subject with NUL', () => sign(ec, goodClaims({ sub: 'a\0b' }))],
    ['12,001 characters', () => sign(ec, goodClaims({ padding: 'x'.repeat(9_000) }))],
    ['a JWE', () => `${base64({ alg: 'dir', enc: 'A256GCM' })}..AAAA.BBBB.CCCC`],
    ['four parts', async () => `${await sign(ec)}.x`],
    ['a blank inside', async () => (await sign(ec)).replace('.', '. ')],
    ['a line break inside', async () => (await sign(ec)).replace('.', '.\n')],
    ['base64 with padding', async () => `${await sign(ec)}==`],
  ])('refuses %s', async (_, token) => {
    const before = server.strays.length;
    expect(await outcome(verifier, await token())).toBe('unauthenticated');
    // Whatever address a token names, nobody goes there.
    expect(server.strays).toHaveLength(before);
  });

  it.each([['Basic '], ['bearer:'], ['Bearer\t'], [''], ['Bearer Bearer ']])('refuses the scheme "%s"', async (scheme) => {
    expect(await outcome(verifier, await sign(ec), scheme)).toBe('unauthenticated');
  });

  it('checks a signature once, however the header around the token is written, and for all who come at once', async () => {
    const token = await sign(ec, goodClaims({ sub: 'once' }));
    const begun: string[] = [];
    const over: boolean[] = [];
    const checksOf = (of: string) => ({
      of,
      begin: () => {
        begun.push(of);
        return Promise.resolve((isWrong: boolean) => void over.push(isWrong));
      },
    });
    const checks = checksOf('a');
    const ask = (scheme: string, of = checks) => verifier.authenticate(scheme + token, of);
    const all = await Promise.all([...Array.from({ length: 400 }, () => ask('Bearer ')), ask('bearer '), ask('BEARER    ')]);
    expect(new Set(all).size).toBe(1);
    expect([begun, over]).toEqual([['a'], [false]]);
    expect(ask('Bearer ')).toBe(all[0]);
    // What one address is refused is no reason to refuse another.
    const wrong = await sign(stranger, goodClaims({ sub: 'once' }));
    const refused = [...Array.from({ length: 20 }, () => checks), checksOf('b')].map(async (of) =>
      verifier.authenticate(`Bearer ${wrong}`, of),
    );
    for (const each of await Promise.allSettled(refused)) expect(each.status).toBe('rejected');
    expect([begun, over]).toEqual([
      ['a', 'a', 'b'],
      [false, true, true],
    ]);
  });

  it('does not check a signature that it is told not to', async () => {
    const check = { of: 'a', begin: () => Promise.reject(new Problem('rate_limited')) };
    await expect(verifier.authenticate(`Bearer ${await sign(ec, goodClaims({ sub: 'unchecked' }))}`, check)).rejects.toMatchObject({
      code: 'rate_limited',
    });
  });

  it('forgets a verified token when it expires', async () => {
    let clockMs = Date.now();
    const timed = make(MINUTE_MS, () => clockMs);
    const token = await sign(ec, goodClaims({ exp: now() + 60 }));
    expect(await outcome(timed, token)).toBe('alice');
    clockMs += 64_000;
    expect(await outcome(timed, token)).toBe('alice');
    clockMs += 2_000;
    expect(await outcome(timed, token)).toBe('unauthenticated');
  });

  it('takes a new key at once, and asks for keys once however many unknown ones come', async () => {
    const rotating = make();
    expect(await outcome(rotating, await sign(ec))).toBe('alice');
    const next = signingKey('ec-2');
    server.keys = [ec.jwk, next.jwk];
    const late = make(MINUTE_MS, () => Date.now() + 3_000);
    expect(await outcome(late, await sign(next))).toBe('alice');
    const before = server.fetched;
    const forged: string[] = [];
    for (let i = 0; i < 10; i++) forged.push(await outcome(late, await sign(stranger, goodClaims(), { kid: `guess-${i}` })));
    expect(new Set(forged)).toEqual(new Set(['unauthenticated']));
    expect(server.fetched - before).toBeLessThanOrEqual(1);
  });

  it('drops the verified tokens of a key that is withdrawn, and only those', async () => {
    const withdrawing = make(20);
    const [withdrawn, kept] = [await sign(ec), await sign(rsa)];
    const principal = (await withdrawing.authenticate(`Bearer ${withdrawn}`)) as Principal;
    const other = (await withdrawing.authenticate(`Bearer ${kept}`)) as Principal;
    const told = new Promise((resolve) => principal.withdrawn?.addEventListener('abort', resolve));
    server.keys = [rsa.jwk];
    await told;
    expect(await outcome(withdrawing, withdrawn)).toBe('unauthenticated');
    expect(withdrawing.authenticate(`Bearer ${kept}`)).toBe(other);
    expect(other.withdrawn?.aborted).toBe(false);
  });

  it('drops them too when another key takes the same kid', async () => {
    const withdrawing = make(20);
    const token = await sign(ec);
    const principal = (await withdrawing.authenticate(`Bearer ${token}`)) as Principal;
    const told = new Promise((resolve) => principal.withdrawn?.addEventListener('abort', resolve));
    server.keys = [stranger.jwk];
    await told;
    expect(await outcome(withdrawing, token)).toBe('unauthenticated');
    expect(await outcome(withdrawing, await sign(stranger, goodClaims({ sub: 'new' })))).toBe('new');
  });

  it.each(['error', 'garbage'] as const)('goes on with the keys it has while the issuer answers with %s', async (mode) => {
    let clockMs = Date.now();
    const lasting = make(20, () => clockMs);
    const known = await sign(ec);
    expect(await outcome(lasting, known)).toBe('alice');
    server.mode = mode;
    const before = server.fetched;
    const endMs = Date.now() + 10_000;
    while (server.fetched < before + 2 && Date.now() < endMs) await delay(1);
    expect(await outcome(lasting, known)).toBe('alice');
    expect(await outcome(lasting, await sign(ec, goodClaims({ sub: 'not cached' })))).toBe('not cached');
    // Of a key that nobody knows nothing can be said: not that the token is bad.
    clockMs += 3_000;
    expect(await outcome(lasting, await sign(signingKey('ec-new')))).toBe('unavailable');
    // After a day without the issuer a withdrawal may have been missed.
    const long = await sign(ec, goodClaims({ sub: 'long', exp: now() + 3 * 86_400 }));
    expect(await outcome(lasting, long)).toBe('long');
    clockMs += DAY_MS;
    expect(await outcome(lasting, long)).toBe('unavailable');
    expect(await outcome(lasting, await sign(ec, goodClaims({ iat: now() + 86_400, exp: now() + 2 * 86_400 })))).toBe('unavailable');
  });

  it('is ready with a key and not before, and no more after a day without the issuer', async () => {
    const verdictIs = async (one: TokenVerifier, ok: boolean): Promise<void> => {
      for (const endMs = Date.now() + 10_000; one.verdict().ok !== ok;) {
        if (Date.now() > endMs) throw new Error(`the verdict stays ${String(!ok)}`);
        await delay(1);
      }
    };
    let clockMs = Date.now();
    server.mode = 'error';
    const one = make(MINUTE_MS, () => clockMs);
    const before = server.fetched;
    expect(one.verdict().ok).toBe(false);
    while (server.fetched === before) await delay(1);
    expect(one.verdict()).toEqual({ ok: false, reason: expect.stringContaining('keys') });
    server.mode = 'json';
    server.keys = [];
    clockMs += 3_000;
    while (server.fetched < before + 2) expect(one.verdict().ok || (await delay(1, false))).toBe(false);
    server.keys = [ec.jwk];
    clockMs += 3_000;
    await verdictIs(one, true);
    server.mode = 'error';
    clockMs += 3_600_000;
    expect(one.verdict().ok).toBe(true);
    clockMs += DAY_MS;
    expect(one.verdict().ok).toBe(false);
  });

  it('says that it can not know while the issuer was never there', async () => {
    server.mode = 'error';
    expect(await outcome(make(), await sign(ec))).toBe('unavailable');
  });

  it('grants nothing for roles and ledgers that are no texts', async () => {
    const claims = goodClaims({ sub: 'odd', roles: [{ admin: true }, 'superuser', 7, '__proto__'], ledgers: { '*': true } });
    const principal = (await verifier.authenticate(`Bearer ${await sign(ec, claims)}`)) as Principal;
    expect([principal.roles, [...principal.ledgers]]).toEqual([[], []]);
  });

  it('keeps no more than 10,000 verified tokens', async () => {
    const first = await sign(ec, goodClaims({ sub: 'first' }));
    const kept = make();
    const known = await kept.authenticate(`Bearer ${first}`);
    expect(kept.authenticate(`Bearer ${first}`)).toBe(known);
    const { cache } = kept as unknown as { cache: Map<string, Principal> };
    for (let i = 0; cache.size < 10_000; i++) cache.set(`filler-${i}`, known);
    await kept.authenticate(`Bearer ${await sign(ec, goodClaims({ sub: randomBytes(4).toString('hex') }))}`);
    expect(cache.size).toBe(10_000);
  });
});
