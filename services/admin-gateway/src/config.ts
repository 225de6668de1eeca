import {
  addresses,
  commonVariables,
  type ConfigDefinition,
  databaseUrl,
  flag,
  integer,
  optional,
  plantedBug,
  port,
  text,
  tlsVariables,
} from '@ledgerflow/platform/config';
import { Type } from 'typebox';
import { PLANTED_BUGS } from '#planted-bugs';
import { parseRoleMap } from './auth/claims.ts';
import { issuerProblems } from './auth/issuer.ts';
import { trustedProxiesProblems } from './limits/addresses.ts';
import { parseOpsAddresses } from './ops/deployment.ts';
import { dashboardProblems } from './http/dashboard.ts';
import { signInProblems } from './session/options.ts';

const schema = Type.Object({
  ...commonVariables,
  ...tlsVariables,
  HTTP_HOST: text({ description: 'Address that the API listens on', default: '127.0.0.1' }),
  HTTP_PORT: port({ description: 'Port of the API; 0 takes a free one', default: 8080 }),
  READ_DATABASE_URL: databaseUrl({ description: 'Read database, as the role that may only read' }),
  READ_REPLICA_URL: optional(
    databaseUrl({
      description: 'A streaming replica of the read database, which then answers the reads as long as it can; as the same role',
    }),
  ),
  READ_POOL_MAX: integer({ description: 'Connections to the read database at most', default: 10, minimum: 1, maximum: 500 }),
  READ_SCAN_POOL_MAX: integer({
    description: 'Further connections to the read database, for queries that may look at many rows (search, trial balance, amounts)',
    default: 3,
    minimum: 1,
    maximum: 100,
  }),
  AUDIT_DATABASE_URL: databaseUrl({ description: 'Audit store, as the role ledgerflow_audit_gateway' }),
  WRITER_ADDRESSES: addresses({ description: 'gRPC addresses of the ledger writers, host:port,host:port' }),
  OIDC_ISSUER: Type.String({ pattern: '^https?://', description: 'Issuer of the tokens; its keys are found by discovery' }),
  OIDC_AUDIENCE: text({ description: 'What a token must be for', default: 'ledgerflow' }),
  OIDC_JWKS_URL: optional(Type.String({ pattern: '^https?://', description: "The issuer's keys, when it has no discovery" })),
  DASHBOARD_DIR: optional(text({ description: 'Folder of the built dashboard, which is then served at /; without it / leads to /docs' })),
  OIDC_HTTP_ALLOWED: flag({
    description: 'Take plain http to the identity provider on other hosts than this one: on a closed network only',
    default: false,
  }),
  OIDC_KEYS_REFRESH_SECONDS: integer({
    description: "How often the issuer's keys are fetched again: how long tokens of a withdrawn key may still be taken",
    default: 60,
    minimum: 1,
    maximum: 3_600,
  }),
  PUBLIC_URL: optional(
    Type.String({
      pattern: '^https?://',
      description: 'Address of this API as clients and browsers know it, without a path; default: what the request names',
    }),
  ),
  OIDC_CLIENT_ID: optional(
    text({
      description: 'Client at the issuer that browsers sign in by; without it only bearer tokens are taken (as behind oauth2-proxy)',
    }),
  ),
  OIDC_CLIENT_SECRET: optional(Type.String({ minLength: 1, secret: true, description: "The client's secret; none for a public client" })),
  OIDC_SCOPES: text({
    description: 'What a sign-in asks for; many providers give a refresh token for offline_access only',
    default: 'openid profile email',
  }),
  OIDC_AUTHORIZATION_PARAMETERS: optional(
    text({ description: 'Further parameters of a sign-in, as in a query: audience=ledgerflow&prompt=select_account' }),
  ),
  SESSION_SECRETS: optional(
    Type.String({
      minLength: 32,
      secret: true,
      description:
        'Secrets of 32 characters or more, commas between: the first encrypts session cookies, all decrypt; the same in every gateway',
    }),
  ),
  SESSION_IDLE_SECONDS: integer({
    description: 'A session that was not used for so long has ended',
    default: 1_800,
    minimum: 60,
    maximum: 604_800,
  }),
  SESSION_MAX_SECONDS: integer({
    description: 'How long after its sign-in a session ends in any case',
    default: 43_200,
    minimum: 60,
    maximum: 2_592_000,
  }),
  ROLES_CLAIM: text({ description: 'Claim with the roles or groups, or a dotted path to it', default: 'roles' }),
  LEDGERS_CLAIM: text({ description: 'Claim with the granted ledgers (* for all), or a dotted path to it', default: 'ledgers' }),
  ROLE_MAP: optional(
    text({
      description:
        'group=role,group=role; roles are viewer, operator, auditor, admin. Only what is named here grants a role; default: the claim has these roles themselves',
    }),
  ),
  TOKEN_SECRET: Type.String({
    minLength: 32,
    secret: true,
    description: 'Signs cursors and consistency tokens; the same in every gateway of a deployment',
  }),
  RATE_LIMIT_PER_SECOND: integer({ description: 'Requests of one principal to one gateway in a second', default: 20_000, minimum: 1 }),
  ADDRESS_RATE_LIMIT_PER_SECOND: integer({
    description: 'Requests of one IP address (of one /64 with IPv6) to one gateway in a second, before their tokens are looked at',
    default: 50_000,
    minimum: 1,
  }),
  WRONG_TOKENS_PER_SECOND: integer({
    description:
      'Tokens of one IP address that turn out wrong in a second; beyond them only tokens that are known already are taken from it',
    default: 200,
    minimum: 1,
  }),
  TRUSTED_PROXIES: optional(
    text({
      description:
        'Proxies whose X-Forwarded-For is believed: addresses, networks (10.0.0.0/8) or loopback, linklocal, uniquelocal; default: nobody. Without it all that comes through a proxy counts as one address',
    }),
  ),
  CONCURRENT_REQUESTS_MAX: integer({
    description: 'Reads at once, and commands at once with those that wait; more are refused with 503',
    default: 2_000,
    minimum: 1,
  }),
  CONCURRENT_COMMANDS_MIN: integer({
    description: 'Commands at once that always go on to the writer; how many more do follows from how long they take',
    default: 64,
    minimum: 1,
  }),
  EVENT_STREAMS_MAX: integer({ description: 'Clients of server-sent events at once', default: 1_000, minimum: 1 }),
  EVENT_STREAMS_PER_PRINCIPAL_MAX: integer({ description: 'Of them of one principal', default: 100, minimum: 1 }),
  CONSISTENCY_WAIT_MS: integer({
    description: 'How long a read with a consistency token or an as-of time waits for the read side',
    default: 5_000,
    maximum: 60_000,
  }),
  REPAIR_WAIT_MS: integer({
    description: 'How long the answer to a retry or a discard of dead letters waits for the builder that does it',
    default: 10_000,
    maximum: 60_000,
  }),
  DRAIN_MS: integer({ description: 'How long running requests get when the service stops', default: 8_000, maximum: 14_000 }),
  OPS_ADDRESSES: optional(
    text({
      description:
        "Operations servers of the other services for /admin/health and /admin/outbox, name=host:port,name=host:port; the writers' name is ledger-writer",
    }),
  ),
  PLANTED_BUG: plantedBug(PLANTED_BUGS),
});

/** Lists of name=value are parsed here only to tell what is wrong with them. */
function mapProblems({ ROLE_MAP: roles, OPS_ADDRESSES: addressesOfOps }: Readonly<Record<string, unknown>>): string[] {
  const problems: string[] = [];
  const attempt = (value: unknown, parse: (text: string) => unknown): void => {
    if (typeof value !== 'string') return;
    try {
      parse(value);
    } catch (error) {
      problems.push((error as Error).message);
    }
  };
  attempt(roles, parseRoleMap);
  attempt(addressesOfOps, parseOpsAddresses);
  return problems;
}

export const GATEWAY_CONFIG: ConfigDefinition<typeof schema> = {
  service: 'admin-gateway',
  schema,
  check: (values) => [
    ...signInProblems(values),
    ...issuerProblems(values),
    ...trustedProxiesProblems(values),
    ...mapProblems(values),
    ...dashboardProblems(values['DASHBOARD_DIR']),
  ],
};

const retention = Type.Object({
  AUDIT_OWNER_DATABASE_URL: databaseUrl({
    description: 'The audit store as its owner ledgerflow_audit_owner, the only role that may delete',
  }),
  AUDIT_RETENTION_DAYS: integer({
    description: 'Refusals, admin reads and admin actions older than this are deleted; 0 keeps them for ever',
    default: 0,
    minimum: 0,
    maximum: 36_500,
  }),
});

/** Of src/retention.ts, which a scheduler runs once a day. */
export const RETENTION_CONFIG: ConfigDefinition<typeof retention> = { service: 'admin-gateway-retention', schema: retention };
