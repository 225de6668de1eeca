import type { ProblemCode } from '@ledgerflow/contracts';
import {
  REBUILD_RATE_MAX,
  RebuildRefusedError,
  type RebuildRefusal,
  type RebuildRequest,
  type RebuildRow,
  REPAIRED_IN_PLACE,
} from '@ledgerflow/read-model';
import { Type } from 'typebox';
import { audited } from '../../../audit/audited.ts';
import { API_BASE } from '../../../contract/registry.ts';
import { type Call, route } from '../../../contract/route.ts';
import { body, Id, noQuery } from '../../../contract/schemas.ts';
import { Problem } from '../../../http/problem.ts';
import type { Services } from '../../../services.ts';
import { ledgerNumber } from '../grants.ts';
import { ALL, projectionOf, Rebuild, renderRebuild } from './rebuild.ts';

const RebuildBody = body({
  ledger: Type.Optional(Type.String({ ...Id, description: 'Default: all ledgers, which needs the grant *' })),
  account: Type.Optional(
    Type.String({
      ...Id,
      description: 'Repairs the rows of this account in place; needs a ledger of which no record of an account is parked or was discarded',
    }),
  ),
  maxRatePerSecond: Type.Optional(Type.Integer({ minimum: 1, maximum: REBUILD_RATE_MAX, description: 'Records read a second at most' })),
  proveOnly: Type.Optional(
    Type.Boolean({ description: 'Only prove what is made, then drop it: the live projection stays. Not with an account' }),
  ),
});

/** One account is repaired in projections of accounts, and has to be one that the writer knows. */
async function checkAccount(call: Call, { reads }: Services, projection: string | null, ledger: string | undefined, account: string) {
  const refuse = (detail: string): Problem => new Problem('invalid_request', { detail, field: 'account' });
  if (ledger === undefined) throw refuse('An account needs a ledger');
  if (projection !== null && !REPAIRED_IN_PLACE.has(projection))
    throw refuse(`The rows of one account can not be made anew in ${projection}`);
  if ((await reads.strong.account(call, ledger, account)) === null) throw new Problem('account_not_found', { parameters: { account } });
}

const PROBLEM_OF: Readonly<Partial<Record<RebuildRefusal, ProblemCode>>> = {
  ledger_not_found: 'ledger_not_found',
  records_parked: 'records_parked',
  ledger_diverged: 'ledger_diverged',
};

/** The rebuild that was asked for. Throws the Problem that says why there is none. */
async function requested({ operations }: Services, asked: RebuildRequest): Promise<RebuildRow> {
  try {
    const id = await operations.requestRebuild(asked);
    const rebuild = id === null ? null : await operations.getRebuild(id);
    if (rebuild === null) throw new Problem('rebuild_in_progress');
    return rebuild;
  } catch (error) {
    const code = error instanceof RebuildRefusedError ? PROBLEM_OF[error.refusal] : undefined;
    throw code === undefined ? error : new Problem(code, { detail: (error as Error).message });
  }
}

export const createRebuild = route({
  id: 'createRebuild',
  method: 'POST',
  path: '/admin/projections/{projection}/rebuilds',
  tag: 'Admin',
  summary: 'Build a projection (or all) anew from the log beside the live one, which serves until the new one is proven equal to the log',
  query: noQuery,
  body: RebuildBody,
  answers: { 202: Rebuild },
  location: 202,
  access: { role: 'admin', ledger: 'filtered' },
  handle: async (call, services) => {
    const { ledger, account, maxRatePerSecond, proveOnly = false } = call.body;
    const projection = projectionOf(call);
    if (account !== undefined && proveOnly)
      throw new Problem('invalid_request', { detail: 'The rows of an account are repaired in place', field: 'proveOnly' });
    await ledgerNumber(call, services, ledger);
    if (account !== undefined) await checkAccount(call, services, projection, ledger, account);
    const action = {
      action: 'rebuild.request',
      ledger: ledger ?? null,
      target: projection ?? ALL,
      parameters: { account, maxRatePerSecond, proveOnly },
    };
    return audited(call, services, action, async () => {
      const rebuild = await requested(services, {
        projection,
        ledger: ledger ?? null,
        account: account ?? null,
        maxRate: maxRatePerSecond ?? null,
        isProveOnly: proveOnly,
        actor: call.principal.id,
      });
      return {
        status: 202,
        body: renderRebuild(rebuild),
        headers: { location: `${API_BASE}/admin/projections/${projection ?? ALL}/rebuilds/${rebuild.id}` },
      };
    });
  },
});
