import { describe, expect, it } from '@jest/globals';
import { clientCredentials } from './index.ts';
import { json, scripted, type Step } from './scripted.fixture.ts';

const context = (refusedToken: string | null = null) => ({
  isRefused: refusedToken !== null,
  refusedToken,
  signal: new AbortController().signal,
});

function source(...steps: Step[]) {
  const { fetch, sent } = scripted(...steps);
  const token = clientCredentials({ tokenUrl: 'http://idp.test/token', clientId: 'a b', clientSecret: 's:é', fetch });
  return { token, sent };
}

describe('client credentials', () => {
  it('ask once for many, and again when a token is refused or about to end', async () => {
    const { token, sent } = source(
      json(200, { access_token: 'one', expires_in: 3_600 }),
      json(200, { access_token: 'two', expires_in: 10 }),
      json(200, { access_token: 'three' }),
    );
    expect(await Promise.all([token(context()), token(context())])).toEqual(['one', 'one']);
    expect(await token(context())).toBe('one');
    expect(await Promise.all([token(context('one')), token(context('one'))])).toEqual(['two', 'two']);
    expect(await token(context())).toBe('three');
    expect(sent).toHaveLength(3);
    expect(atob((sent[0]?.headers['authorization'] ?? '').replace('Basic ', ''))).toBe('a+b:s%3A%C3%A9');
  });

  it('keep a token that is newer than the one that was refused', async () => {
    const { token, sent } = source(
      json(200, { access_token: 'one', expires_in: 3_600 }),
      json(200, { access_token: 'two', expires_in: 3_600 }),
    );
    await token(context());
    expect([await token(context('one')), await token(context('one')), await token(context())]).toEqual(['two', 'two', 'two']);
    expect(sent).toHaveLength(2);
  });

  it('say what the provider says', async () => {
    const { token } = source(
      json(401, { error: 'invalid_client', error_description: 'no such client' }),
      new Response('busy', { status: 503 }),
    );
    await expect(token(context())).rejects.toMatchObject({ message: expect.stringContaining('no such client'), isFinal: true });
    await expect(token(context())).rejects.toMatchObject({ message: expect.stringContaining('status 503'), isFinal: false });
  });
});
