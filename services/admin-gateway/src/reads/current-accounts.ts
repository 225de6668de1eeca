import type { BalanceRow, Seen } from '@ledgerflow/read-model';
import type { Call } from '../contract/route.ts';
import { Problem } from '../http/problem.ts';
import { type AsOf, asOfCheckpoint } from './as-of.ts';
import { checkSeen } from './consistency.ts';
import { heldAt, isParked } from './parked.ts';
import type { ReadModel } from './read-model.ts';
import type { Reads } from './reads.ts';
import type { ShownAccount, StrongAccount } from './strong.ts';

/** Accounts of one page that the writer is asked for; each is a call. */
const STRONG_READS_MAX = 20;

async function strong(reads: Reads, call: Call, account: string): Promise<StrongAccount | null> {
  const ledger = call.params['ledger'] as string;
  const found = await reads.strong.account(call, ledger, account);
  if (found === null) return null;
  checkSeen(found.place, reads.token(call));
  await reads.follows(ledger, found.place);
  return found;
}

/** An account as it is now: from the read model, or, while records of it are parked, from the writer. Row null: there is no such account. */
export async function currentAccount<R extends BalanceRow>(
  reads: Reads,
  call: Call,
  query: (model: ReadModel, ledger: string, account: string) => Promise<Seen<R | null> | null>,
): Promise<{ row: R | ShownAccount; asOf: AsOf; headers: Readonly<Record<string, string>> } | null> {
  const account = call.params['account'] as string;
  const seen = await reads.present(call, (ledger, model) => query(model, ledger, account));
  if (isParked(seen)) {
    const found = await strong(reads, call, account);
    return found === null ? null : { row: found.row, asOf: found.asOf, headers: {} };
  }
  const { checkpoint, value } = seen;
  return value === null ? null : { row: value, asOf: asOfCheckpoint(checkpoint), headers: heldAt(checkpoint) };
}

/**
 * The rows of a list, those of accounts with parked records as the writer has them. Throws projection_parked when a page has more of them than may be asked for. `fits` is asked of these
 * again: they are in the page also when what may have changed since does not fit its filter.
 */
export async function currentRows<R extends BalanceRow>(
  reads: Reads,
  call: Call,
  rows: readonly R[],
  asOf: AsOf,
  fits: (row: ShownAccount) => boolean = () => true,
): Promise<{ row: R | ShownAccount; asOf: AsOf }[]> {
  const parked = rows.filter(({ parkedSince = null }) => parkedSince !== null);
  if (parked.length === 0) return rows.map((row) => ({ row, asOf }));
  if (parked.length > STRONG_READS_MAX)
    throw new Problem('projection_parked', {
      detail: `Records of more than ${STRONG_READS_MAX} accounts of this page wait for repair; a smaller limit can help`,
    });
  const found = new Map(await Promise.all(parked.map(async ({ account }) => [account, await strong(reads, call, account)] as const)));
  return rows.flatMap((row): { row: R | ShownAccount; asOf: AsOf }[] => {
    const shown = found.get(row.account);
    if (shown === undefined) return [{ row, asOf }];
    return shown !== null && fits(shown.row) ? [{ row: shown.row, asOf: shown.asOf }] : [];
  });
}
