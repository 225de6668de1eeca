import Provider, { errors, type Context, type Grant, type Token, type TokenParts } from 'oidc-provider';
import { deviceFlow } from './device.ts';
import type { IdentityKeys } from './keys.ts';
import { showLogout } from './logout.ts';
import { memoryStore } from './memory-store.ts';
import { CLI_CLIENT_ID, CLIENT_ID, CLIENT_SECRET, isRole, ROLES, USERS } from './users.ts';

/** RFC 8707: the API, as a resource that tokens are for; their audience is the plain word. */
const RESOURCE = 'urn:ledgerflow:api';
const TOKEN_TTL_SECONDS = 12 * 3_600;
const TOKEN_TTL_SECONDS_MAX = 30 * 86_400;
/** Of a person's access token: short, as with any provider, so that refreshing is seen to work. */
const ACCESS_TOKEN_TTL_SECONDS = 900;
const LOGIN_TTL_SECONDS = 8 * 3_600;

export interface IdentityOptions {
  issuer: string;
  audience: string;
  keys: IdentityKeys;
  redirectUris: string[];
  accessTokenTtlSeconds?: number;
}

const words = (value: unknown): string[] => (typeof value === 'string' ? value.split(/\s+/).filter((word) => word !== '') : []);

interface Client {
  clientId?: string;
}

interface Identity {
  sub: string;
  roles: string[];
  ledgers: string[];
}

/** client_credentials: who the token is for is said in the request: `roles`, `ledgers`, `subject`. For development only. */
function requestedIdentity(body: Record<string, unknown>): Identity {
  const roles = words(body['roles']);
  const unknown = roles.filter((role) => !isRole(role));
  if (unknown.length > 0) throw new errors.InvalidRequest(`unknown role ${unknown.join(', ')}; roles are ${ROLES.join(', ')}`);
  const ledgers = words(body['ledgers']);
  const [subject] = words(body['subject']);
  return {
    sub: subject ?? `dev-${roles.length === 0 ? 'nobody' : roles.join('-')}`,
    roles,
    ledgers: ledgers.length === 0 ? ['*'] : ledgers,
  };
}

function userIdentity(accountId: string): Identity {
  const user = USERS.find(({ name }) => name === accountId);
  return { sub: accountId, roles: user === undefined ? [] : [user.role], ledgers: ['*'] };
}

function identityOf(context: Context, token: Token): Identity {
  return token.accountId === undefined ? requestedIdentity(context.oidc.body ?? {}) : userIdentity(token.accountId);
}

function requestedTtlSeconds(context: Context): number {
  const ttl = context.oidc.body?.['ttl'];
  if (ttl === undefined) return TOKEN_TTL_SECONDS;
  const seconds = typeof ttl === 'string' && /^\d{1,9}$/.test(ttl) ? Number(ttl) : 0;
  if (seconds < 1 || seconds > TOKEN_TTL_SECONDS_MAX)
    throw new errors.InvalidRequest(`ttl is a number of seconds from 1 to ${TOKEN_TTL_SECONDS_MAX}`);
  return seconds;
}

/** Nobody is asked for consent: the clients are ours. */
async function grantEverything(context: Context): Promise<Grant | undefined> {
  const clientId = context.oidc.client?.clientId;
  const accountId = context.oidc.session?.accountId;
  if (clientId === undefined || accountId === undefined) return undefined;
  const grant = new context.oidc.provider.Grant({ clientId, accountId });
  grant.addOIDCScope('openid profile email');
  grant.addResourceScope(RESOURCE, 'api');
  await grant.save();
  return grant;
}

function findAccount(_context: unknown, id: string): unknown {
  const user = USERS.find(({ name }) => name === id);
  if (user === undefined) return undefined;
  const claims = { ...userIdentity(id), name: id, preferred_username: id, email: `${id}@ledgerflow.localhost`, email_verified: true };
  return { accountId: id, claims: () => claims };
}

/** The development identity provider: OpenID Connect with the client and users of users.ts; access tokens are JWTs for the API. */
export function createProvider(options: IdentityOptions): Provider {
  const { issuer, audience, keys, redirectUris, accessTokenTtlSeconds = ACCESS_TOKEN_TTL_SECONDS } = options;
  return new Provider(issuer, {
    adapter: memoryStore(),
    clients: [
      {
        client_id: CLIENT_ID,
        client_secret: CLIENT_SECRET,
        grant_types: ['client_credentials', 'authorization_code', 'refresh_token'],
        response_types: ['code'],
        redirect_uris: redirectUris,
        post_logout_redirect_uris: redirectUris.map((uri) => `${new URL(uri).origin}/`),
      },
      {
        client_id: CLI_CLIENT_ID,
        token_endpoint_auth_method: 'none',
        grant_types: ['urn:ietf:params:oauth:grant-type:device_code', 'refresh_token'],
        response_types: [],
        redirect_uris: [],
      },
    ],
    jwks: keys.jwks,
    cookies: { keys: keys.cookieKeys },
    findAccount,
    loadExistingGrant: grantEverything,
    claims: { openid: ['sub', 'roles', 'ledgers'], profile: ['name', 'preferred_username'], email: ['email', 'email_verified'] },
    conformIdTokenClaims: false,
    pkce: { required: () => true },
    // Without the scope offline_access, too, which is bound to a consent that nobody is asked for here.
    issueRefreshToken: () => true,
    rotateRefreshToken: true,
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      deviceFlow,
      revocation: {
        enabled: true,
        allowedPolicy: (_context: unknown, client: Client, token: Client) => token.clientId === client.clientId,
      },
      rpInitiatedLogout: { enabled: true, logoutSource: showLogout },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => RESOURCE,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({ scope: 'api', audience, accessTokenFormat: 'jwt', jwt: { sign: { alg: 'ES256' } } }),
      },
    },
    ttl: {
      ClientCredentials: requestedTtlSeconds,
      AccessToken: accessTokenTtlSeconds,
      IdToken: TOKEN_TTL_SECONDS,
      RefreshToken: TOKEN_TTL_SECONDS,
      AuthorizationCode: 60,
      DeviceCode: 600,
      Interaction: 3_600,
      Session: LOGIN_TTL_SECONDS,
      Grant: LOGIN_TTL_SECONDS,
    },
    extraTokenClaims: (context: Context, token: Token) => {
      const { roles, ledgers } = identityOf(context, token);
      return { roles, ledgers };
    },
    formats: {
      customizers: {
        jwt: (context: Context, token: Token, parts: TokenParts) => {
          parts.payload['sub'] = identityOf(context, token).sub;
        },
      },
    },
    interactions: { url: (_context: unknown, { uid }: { uid: string }) => `/interaction/${uid}` },
    renderError: (context: { type: string; body: string }, out: { error: string; error_description?: string }) => {
      context.type = 'text/plain';
      context.body = `${out.error}: ${out.error_description ?? ''}\n`;
    },
  });
}
