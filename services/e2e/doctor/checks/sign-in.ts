import { signInProblems } from '../../../admin-gateway/src/session/options.ts';
import { ask, reasonOf } from '../ask.ts';
import type { Context } from '../context.ts';
import { fail, ok, type Result, skipped, warn } from '../finding.ts';
import { isLocal } from './tokens.ts';

const SUBJECT = 'sign-in';
const CALLBACK = '/oauth2/callback';

/** Where the gateway sends a browser that signs in; null: it signs nobody in. Rejects when it does not answer. */
async function sentTo(apiUrl: string): Promise<URL | null> {
  const { status, headers } = await ask(`${apiUrl}/oauth2/start?public=1`, {}, 'manual');
  if (status === 404) return null;
  const location = URL.parse(headers.get('location') ?? '');
  if (location === null) throw new Error(`/oauth2/start answered ${status}`);
  return location;
}

async function ofIssuer(issuer: string): Promise<Result[]> {
  const discovery = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const advice = 'sign-in needs an issuer with discovery and the code flow: see the identity provider and OIDC_ISSUER';
  try {
    const { status, body } = await ask(discovery);
    const told = (body ?? {}) as Record<string, unknown>;
    const lacking = ['authorization_endpoint', 'token_endpoint'].filter((name) => typeof told[name] !== 'string');
    if (status !== 200 || told['issuer'] !== issuer || lacking.length > 0)
      return [
        fail(
          SUBJECT,
          `${discovery} answered ${status} ${lacking.length > 0 ? `without ${lacking.join(', ')}` : `for ${String(told['issuer'])}`}`,
          advice,
        ),
      ];
    const methods = told['code_challenge_methods_supported'];
    if (Array.isArray(methods) && !methods.includes('S256'))
      return [fail(SUBJECT, 'the issuer does not take PKCE with S256', 'allow it at the identity provider')];
    return [];
  } catch (error) {
    return [fail(SUBJECT, `${discovery} does not answer: ${reasonOf(error)}`, advice)];
  }
}

/** Whether the gateway was started with what the doctor was told. */
async function ofGateway(apiUrl: string, clientId: string, redirect: string): Promise<Result[]> {
  const advice = 'give the gateway the OIDC_CLIENT_ID and PUBLIC_URL that the doctor was told, or the doctor those of the gateway';
  try {
    const url = await sentTo(apiUrl);
    if (url === null) return [fail(SUBJECT, 'the gateway signs nobody in', advice)];
    const [client, uri] = [url.searchParams.get('client_id'), url.searchParams.get('redirect_uri')];
    if (client === clientId && uri === redirect) return [];
    return [fail(SUBJECT, `the gateway signs in as ${client} with the redirect URI ${uri}, not as ${clientId} with ${redirect}`, advice)];
  } catch (error) {
    return [fail(SUBJECT, `the gateway does not begin one: ${reasonOf(error)}`, 'see its log, and that it reaches the identity provider')];
  }
}

/** The client of the gateway's own sign-in. */
export async function signIn({ installation: { signIn: variables, apiUrl, rules } }: Context): Promise<Result[]> {
  const { OIDC_CLIENT_ID: clientId, PUBLIC_URL: publicUrl } = variables;
  const advice = 'set OIDC_CLIENT_ID, PUBLIC_URL and SESSION_SECRETS as the gateway has them';
  if (clientId === undefined) {
    const isOffered =
      apiUrl === null
        ? null
        : await sentTo(apiUrl).then(
            (url) => url !== null,
            () => null,
          );
    return [isOffered === false ? ok(SUBJECT, 'the gateway signs nobody in') : skipped(SUBJECT, 'its settings are not known', advice)];
  }
  const problems = signInProblems(variables).map((problem) => fail(SUBJECT, problem, 'correct it; the gateway does not start so'));
  if (problems.length > 0 || publicUrl === undefined) return problems;
  const redirect = `${new URL(publicUrl).origin}${CALLBACK}`;
  const results = [
    ...(publicUrl.startsWith('https:') || isLocal(publicUrl)
      ? []
      : [warn(SUBJECT, `PUBLIC_URL is ${publicUrl}: sessions go over the network without TLS`, 'let PUBLIC_URL be https')]),
    ...(rules.issuer === null ? [skipped(SUBJECT, 'the issuer is not known', 'set OIDC_ISSUER')] : await ofIssuer(rules.issuer)),
    ...(apiUrl === null ? [] : await ofGateway(apiUrl, clientId, redirect)),
  ];
  return results.length > 0
    ? results
    : [ok(SUBJECT, `the client ${clientId} comes back to ${redirect}: the identity provider must know that address`)];
}
