import type { Snapshot } from './connections.ts';
import type { Divergence } from './divergences.ts';
import type { Checkpoint } from './ledgers.ts';
import { NOWHERE, PROJECTION_NAMES } from './live.ts';
import type { Parked } from './parked.ts';
import type { ReadSide } from './read-side.ts';
import type { BehindReport, DivergenceReport, LedgerReport, ParkedReport } from './types.ts';

/** Accounts that a report names. */
const NAMED_MAX = 100;

type Standing = Pick<LedgerReport, 'state' | 'parked' | 'behind' | 'divergences'>;

function parkedReport({ accounts, letters }: Parked): ParkedReport | null {
  if (letters === null) return null;
  const ids = [...accounts.values()].map(({ id, number }) => id ?? `number ${number}`);
  return {
    records: letters.count,
    refused: letters.refused,
    since: String(letters.first),
    accounts: ids.length,
    accountIds: ids.slice(0, NAMED_MAX),
  };
}

function behindReports({ live }: ReadSide, { position }: Checkpoint): BehindReport[] {
  const missing = PROJECTION_NAMES.filter((name) => !live.some(({ projection }) => projection === name));
  return [
    ...live.map(({ projection, position: at, heldReason }) => ({ projection, at, heldReason })),
    ...missing.map((projection) => ({ projection, at: NOWHERE.position, heldReason: null })),
  ]
    .filter(({ at, heldReason }) => at !== position || heldReason !== null)
    .map(({ projection, at, heldReason }) => ({ projection, position: String(at), heldReason }));
}

async function divergenceReports(ledger: Snapshot, number: number, divergences: readonly Divergence[]): Promise<DivergenceReport[]> {
  if (divergences.length === 0) return [];
  const accounts = [...new Set(divergences.flatMap((divergence) => divergence.accounts))];
  const rows = await ledger.client.query<{ number: number; id: string }>(
    'select number, id from ledger.accounts where ledger = $1 and number = any($2::int[])',
    [number, `{${accounts.join(',')}}`],
  );
  const ids = new Map(rows.map((row) => [row.number, row.id]));
  return divergences.map(({ position, projections, accounts: of, reason, actor }) => ({
    position: String(position),
    projections: [...projections],
    accounts: of.map((account) => ids.get(account) ?? `number ${account}`),
    reason,
    actor,
  }));
}

/** What of a ledger is not proven although it has no difference, and why. */
export async function standingOf(ledger: Snapshot, checkpoint: Checkpoint | null, side: ReadSide | null): Promise<Standing> {
  if (checkpoint === null || side === null) return { state: 'proven', parked: null, behind: [], divergences: [] };
  const parked = parkedReport(side.parked);
  const behind = behindReports(side, checkpoint);
  const divergences = await divergenceReports(ledger, checkpoint.number, side.divergences);
  const state = parked !== null ? 'parked' : behind.length > 0 ? 'behind' : divergences.length > 0 ? 'diverged' : 'proven';
  return { state, parked, behind, divergences };
}
