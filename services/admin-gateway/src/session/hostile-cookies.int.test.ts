import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { isTakenBack, SEEN, SESSION, TestSignIn } from '../test/sign-in.ts';
import type { SealOptions } from './seal.ts';
import type { Seen, Session } from './session.ts';

describe('cookies that are not ours', () => {
  let test: TestSignIn;
  let good: Map<string, string>;
  let session: Session;
  const send = (value = '', seen = '', more = ''): Promise<Response> => {
    const cookie = [`${SESSION}=${value}`, seen === '' ? '' : `${SEEN}=${seen}`, more].filter((pair) => pair !== '').join('; ');
    return fetch(`${test.url}/api/v1/me`, { headers: { cookie } });
  };
  beforeAll(async () => {
    test = await TestSignIn.start();
    const browser = await test.signedIn();
    good = await browser.cookies(test.url);
    session = await test.sessionOf(browser);
  });

  afterAll(() => test.stop());

  it('are taken for what they are: the right ones pass', async () => {
    expect((await send(good.get(SESSION), good.get(SEEN))).status).toBe(200);
    const resealed = `1~${await test.seal().seal('session', session, 600)}`;
    expect((await send(resealed, good.get(SEEN))).status).toBe(200);
  });

  const tampered = (text: string): string => text.slice(0, 300) + (text[300] === 'A' ? 'B' : 'A') + text.slice(301);
  it.each<[string, () => Promise<[string | undefined, string | undefined, string?]>]>([
    ['tampered with', async () => [tampered(good.get(SESSION)!), good.get(SEEN)]],
    ['cut off', async () => [good.get(SESSION)!.slice(0, -9), good.get(SEEN)]],
    ['huge', async () => [`1~${'x'.repeat(11_000)}`, good.get(SEEN)]],
    ['a count without its parts', async () => [`3~${good.get(SESSION)!.slice(2)}`, good.get(SEEN)]],
    [
      'sealed with a secret taken out of use',
      async () => [await sealed({ secrets: ['an-older-secret-of-at-least-32-letters'] }), good.get(SEEN)],
    ],
    ['of another client', async () => [await sealed({ clientId: 'another' }), good.get(SEEN)]],
    ['of another issuer', async () => [await sealed({ issuer: 'https://id.example' }), good.get(SEEN)]],
    ['without the use', async () => [good.get(SESSION), undefined]],
    [
      "with another session's use",
      async () => [good.get(SESSION), `1~${await test.seal().seal('seen', { id: 'x', atMs: test.now() } satisfies Seen, 600)}`],
    ],
    [
      'used too long ago for what is allowed now',
      async () => [
        good.get(SESSION),
        `1~${await test.seal().seal('seen', { id: session.id, atMs: test.now() - 1_800_000 } satisfies Seen, 600)}`,
      ],
    ],
    [
      'signed in too long ago for what is allowed now',
      async () => [`1~${await test.seal().seal('session', { ...session, signedInAtMs: test.now() - 7_200_000 }, 600)}`, good.get(SEEN)],
    ],
    ['a use in the place of the session', async () => [good.get(SEEN), good.get(SEEN)]],
    ['there twice', async () => [good.get(SESSION), good.get(SEEN), `${SESSION}=1~planted`]],
    ['a bare token', async () => [`1~${session.accessToken}`, good.get(SEEN)]],
    [
      'with a token that the verifier refuses',
      async () => [
        `1~${await test.seal().seal('session', { ...session, accessToken: tampered(session.accessToken) }, 600)}`,
        good.get(SEEN),
      ],
    ],
  ])('%s: nobody is signed in, and they are taken back', async (_, make) => {
    const [bad, seen, more] = await make();
    const response = await send(bad, seen, more);
    expect([response.status, isTakenBack(response)]).toEqual([401, true]);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    expect(await response.json()).toMatchObject({ code: 'unauthenticated', detail: 'The session has ended: sign in again' });
  });

  const sealed = async (over: Partial<SealOptions>): Promise<string> => `1~${await test.seal(over).seal('session', session, 600)}`;

  it('are too much for the server beyond 16 KiB', async () => {
    expect((await send(`3~${'x'.repeat(17_000)}`)).status).toBe(431);
  });
});
