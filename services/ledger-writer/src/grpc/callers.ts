import { status } from '@grpc/grpc-js';
import type { LedgerServiceService, Principal } from '@ledgerflow/contracts/grpc';
import { serviceIdentity } from '@ledgerflow/platform/grpc';
import { mayRead } from '../application/authorise.ts';

/** Ends a call with a status; the message is for the caller. */
export class RpcError extends Error {
  override name = 'RpcError';
  readonly code: status;
  constructor(code: status, message: string) {
    super(message);
    this.code = code;
  }
}

/** The one service that speaks for principals, and those that read all ledgers for themselves: each makes a projection of the log. */
const GATEWAY = 'admin-gateway';
const PROJECTORS = ['read-model-builder', 'search-sink'] as const;

export const SERVICES = [GATEWAY, ...PROJECTORS] as const;

export type ServiceName = (typeof SERVICES)[number];
export type Rpc = keyof typeof LedgerServiceService;
type Call = Parameters<typeof serviceIdentity>[0];

/** Who may make which call at all; the gateway names the principal for whom it makes it. A new rpc does not compile until it says so here. */
export const RPC_CALLERS: Readonly<Record<Rpc, readonly ServiceName[]>> = {
  execute: [GATEWAY],
  getAccount: [GATEWAY],
  readStream: [GATEWAY, ...PROJECTORS],
  readLog: [GATEWAY, ...PROJECTORS],
  tailLog: [GATEWAY, ...PROJECTORS],
  resolveTime: [GATEWAY],
  getHeads: [GATEWAY, ...PROJECTORS],
};

/** The calling service, by its certificate. */
export function requireCaller(call: Call, rpc: Rpc): ServiceName {
  const allowed = RPC_CALLERS[rpc];
  const identity = serviceIdentity(call);
  if (identity === null) throw new RpcError(status.UNAUTHENTICATED, 'the certificate names no service of LedgerFlow');
  const service = allowed.find((name) => name === identity);
  if (service === undefined) throw new RpcError(status.PERMISSION_DENIED, `${identity} may not call this`);
  return service;
}

export type Reader = { kind: 'service' } | { kind: 'principal'; principal: Principal };

/** Who reads: the gateway always on a principal's behalf, a projector never. */
export function requireReader(call: Call, rpc: Rpc, principal: Principal | undefined): Reader {
  const service = requireCaller(call, rpc);
  if (service !== GATEWAY) {
    if (principal !== undefined) throw new RpcError(status.PERMISSION_DENIED, 'only the gateway speaks for principals');
    return { kind: 'service' };
  }
  return { kind: 'principal', principal: requirePrincipal(principal) };
}

export function requirePrincipal(principal: Principal | undefined): Principal {
  if (principal === undefined || principal.id === '') throw new RpcError(status.UNAUTHENTICATED, 'the gateway must name a principal');
  return principal;
}

export function requireGrant(reader: Reader, ledger: string): void {
  if (reader.kind === 'principal' && !mayRead(reader.principal, ledger))
    throw new RpcError(status.PERMISSION_DENIED, `no grant for ledger ${ledger}`);
}
