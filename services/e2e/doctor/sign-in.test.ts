import { describe, expect, it } from '@jest/globals';
import { signIn } from './checks/sign-in.ts';
import { context, json, serve } from './checks.fixture.ts';

describe('sign-in', () => {
  const variables = { OIDC_CLIENT_ID: 'web', PUBLIC_URL: 'https://ledger.example', SESSION_SECRETS: 's'.repeat(32) };
  const parts = async (client = 'web', over: Record<string, unknown> = {}): Promise<Record<string, string>> => {
    const pages: Record<string, unknown> = {};
    const issuer = `http://${await serve(json(pages))}`;
    pages['/.well-known/openid-configuration'] = { issuer, authorization_endpoint: 'x', token_endpoint: 'x', ...over };
    const query = new URLSearchParams({ client_id: client, redirect_uri: 'https://ledger.example/oauth2/callback' }).toString();
    const api = await serve((request, response) => {
      if (request.url === '/oauth2/start?public=1') response.writeHead(303, { location: `${issuer}/authorize?${query}` }).end();
      else response.writeHead(404).end();
    });
    return { OIDC_ISSUER: issuer, LEDGERFLOW_URL: `http://${api}` };
  };
  const told = async (environment: Record<string, string>): Promise<string[]> =>
    (await signIn(context(environment))).map(({ status, message }) => `${status} ${message}`);

  it('that fits is well', async () =>
    expect(await told({ ...(await parts()), ...variables })).toEqual([
      'ok the client web comes back to https://ledger.example/oauth2/callback: the identity provider must know that address',
    ]));

  it('that does not fit is told', async () => {
    expect(await told({ ...(await parts('other')), ...variables })).toEqual([
      expect.stringMatching(
        /^fail the gateway signs in as other with the redirect URI https:\/\/ledger\.example\/oauth2\/callback, not as web/,
      ),
    ]);
    expect(await told({ ...(await parts('web', { token_endpoint: undefined })), ...variables })).toEqual([
      expect.stringMatching(/^fail .* answered 200 without token_endpoint$/),
    ]);
    expect(await told({ ...(await parts('web', { code_challenge_methods_supported: ['plain'] })), ...variables })).toEqual([
      'fail the issuer does not take PKCE with S256',
    ]);
    expect(await told({ ...variables, OIDC_ISSUER: 'http://127.0.0.1:1' })).toEqual([expect.stringMatching(/^fail .* does not answer/)]);
    expect(await told({ ...variables, PUBLIC_URL: 'https://ledger.example/api', SESSION_SECRETS: 'short' })).toEqual([
      'fail PUBLIC_URL must be scheme, host and port only',
      'fail SESSION_SECRETS must be secrets of at least 32 characters with commas between',
    ]);
    expect(await told({ OIDC_CLIENT_ID: 'web' })).toEqual([
      'fail PUBLIC_URL is required with OIDC_CLIENT_ID',
      'fail SESSION_SECRETS is required with OIDC_CLIENT_ID',
    ]);
    expect(await told({ ...variables, PUBLIC_URL: 'http://ledger.example' })).toEqual([
      expect.stringMatching(/^warn PUBLIC_URL .* without TLS$/),
      'skipped the issuer is not known',
    ]);
  });

  it('whose settings are not given is not looked at, unless there is none', async () => {
    const without = await serve(json({}));
    expect(await told({ LEDGERFLOW_URL: `http://${without}` })).toEqual(['ok the gateway signs nobody in']);
    expect(await told({ LEDGERFLOW_URL: (await parts())['LEDGERFLOW_URL']! })).toEqual(['skipped its settings are not known']);
    expect(await told({})).toEqual(['skipped its settings are not known']);
  });
});
