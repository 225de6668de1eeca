import * as oidc from 'openid-client';
import { CommandError } from '../exit-codes.ts';
import type { SignIn } from './store.ts';

const TIMEOUT_SECONDS = 15;
const LOOPBACK = ['127.0.0.1', 'localhost', '[::1]'];
const DEFAULT_TTL_SECONDS = 60;

const said = (error: unknown): string => {
  const { message, cause } = error as Error & { error_description?: string };
  const description = (error as { error_description?: string }).error_description;
  return description ?? (cause instanceof Error ? `${message} (${cause.message})` : message);
};

/** RFC 9728: the gateway says who issues its tokens. */
export async function issuerOf(url: string, signal: AbortSignal): Promise<string> {
  const bounded = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_SECONDS * 1_000)]);
  const response = await fetch(`${url}/.well-known/oauth-protected-resource`, { signal: bounded }).catch((error: unknown) => {
    signal.throwIfAborted();
    throw new CommandError('unavailable', `nothing answers at ${url}: ${said(error)}`);
  });
  const metadata = (await response.json().catch(() => null)) as { authorization_servers?: unknown } | null;
  const servers = metadata?.authorization_servers;
  const issuer: unknown = Array.isArray(servers) ? servers[0] : undefined;
  if (!response.ok || typeof issuer !== 'string')
    throw new CommandError('unavailable', `what answers at ${url} is not LedgerFlow (status ${response.status})`);
  return issuer;
}

interface Client {
  issuer: string;
  clientId: string;
  clientSecret?: string;
}

/** Its requests, and those made with what it gives, end with the signal. */
async function discover({ issuer, clientId, clientSecret }: Client, signal: AbortSignal): Promise<oidc.Configuration> {
  const server = new URL(issuer);
  // Secrets go over plain HTTP on this machine only.
  const execute = server.protocol === 'http:' && LOOPBACK.includes(server.hostname) ? [oidc.allowInsecureRequests] : [];
  const authentication = clientSecret === undefined ? oidc.None() : oidc.ClientSecretBasic(clientSecret);
  const interruptible: oidc.CustomFetch = (url, options) => {
    const signals = options.signal === undefined ? [signal] : [signal, options.signal];
    return fetch(url, { ...options, signal: AbortSignal.any(signals) } as RequestInit);
  };
  const options = { execute, timeout: TIMEOUT_SECONDS, [oidc.customFetch]: interruptible };
  return oidc.discovery(server, clientId, undefined, authentication, options).catch((error: unknown) => {
    signal.throwIfAborted();
    throw new CommandError('unavailable', `the identity provider at ${issuer} cannot be used: ${said(error)}`);
  });
}

type Tokens = Awaited<ReturnType<typeof oidc.clientCredentialsGrant>>;

const kept = (tokens: Tokens): Pick<SignIn, 'accessToken' | 'expiresAtMs'> & { refreshToken?: string } => ({
  accessToken: tokens.access_token,
  expiresAtMs: Date.now() + (tokens.expires_in ?? DEFAULT_TTL_SECONDS) * 1_000,
  ...(tokens.refresh_token === undefined ? {} : { refreshToken: tokens.refresh_token }),
});

const ITS_OWN_FAULTS = ['server_error', 'temporarily_unavailable'];

/** Whether the provider said no; else it is broken, busy or away, and another try may help. */
function isRefusal(error: unknown): boolean {
  if (error instanceof oidc.WWWAuthenticateChallengeError) return true;
  if (!(error instanceof oidc.ResponseBodyError)) return false;
  return error.status < 500 && error.status !== 429 && !ITS_OWN_FAULTS.includes(error.error);
}

/** Of an error of the provider what the command ends with. */
const failed =
  (signal: AbortSignal, refusal: (words: string) => string = (words) => `the identity provider gave no token: ${words}`) =>
  (error: unknown): never => {
    signal.throwIfAborted();
    if (isRefusal(error)) throw new CommandError('unauthenticated', refusal(said(error)));
    throw new CommandError('unavailable', `the identity provider cannot be used: ${said(error)}`);
  };

export interface MachineLogin {
  issuer: string;
  clientId: string;
  clientSecret: string;
  parameters: Record<string, string>;
}

export async function signInMachine(login: MachineLogin, signal: AbortSignal): Promise<SignIn> {
  const configuration = await discover(login, signal);
  const tokens = await oidc.clientCredentialsGrant(configuration, login.parameters).catch(failed(signal));
  return { kind: 'client-credentials', ...login, ...kept(tokens) };
}

export interface DeviceLogin {
  issuer: string;
  clientId: string;
  scope: string;
  /** Told where to go and which code to compare. */
  tell: (address: string, code: string) => void;
  signal: AbortSignal;
}

/** RFC 8628: the person signs in at a browser, here or elsewhere; we wait until the provider's code expires. */
export async function signInPerson({ issuer, clientId, scope, tell, signal }: DeviceLogin): Promise<SignIn> {
  const configuration = await discover({ issuer, clientId }, signal);
  if (configuration.serverMetadata().device_authorization_endpoint === undefined)
    throw new CommandError(
      'usage',
      `the identity provider at ${issuer} has no device flow: sign in with --client-id and LEDGERFLOW_CLIENT_SECRET`,
    );
  const device = await oidc.initiateDeviceAuthorization(configuration, { scope }).catch(failed(signal));
  tell(device.verification_uri_complete ?? device.verification_uri, device.user_code);
  const tokens = await oidc.pollDeviceAuthorizationGrant(configuration, device, undefined, { signal }).catch(failed(signal));
  return { kind: 'device', issuer, clientId, ...kept(tokens) };
}

/** The same sign-in with another token; CommandError `unauthenticated` when the person has to sign in again. */
export async function renew(signIn: SignIn, signal: AbortSignal): Promise<SignIn> {
  const { kind, issuer, clientId, clientSecret, parameters = {}, refreshToken } = signIn;
  if (kind === 'client-credentials') return signInMachine({ issuer, clientId, clientSecret: clientSecret ?? '', parameters }, signal);
  if (refreshToken === undefined) throw new CommandError('unauthenticated', 'the sign-in has expired: ledgerflow login');
  const configuration = await discover({ issuer, clientId }, signal);
  const hasExpired = failed(signal, (words) => `the sign-in has expired (${words}): ledgerflow login`);
  const tokens = await oidc.refreshTokenGrant(configuration, refreshToken).catch(hasExpired);
  return { ...signIn, ...kept(tokens) };
}

/** Tells the provider that the tokens are not needed any more, if it wants to know. */
export async function revoke({ refreshToken, accessToken, ...client }: SignIn, signal: AbortSignal): Promise<void> {
  const configuration = await discover(client, signal);
  if (configuration.serverMetadata().revocation_endpoint !== undefined)
    await oidc.tokenRevocation(configuration, refreshToken ?? accessToken);
}
