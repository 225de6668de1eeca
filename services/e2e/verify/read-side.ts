import type { Snapshot } from './connections.ts';
import type { Counts } from './checks.ts';
import type { FoldView } from './account-fold.ts';
import { lackedOf, readDivergences, type Divergence } from './divergences.ts';
import type { Finding } from './differences.ts';
import type { Checkpoint } from './ledgers.ts';
import { checkLive, NOWHERE, PROJECTION_NAMES, readLive, type Live, type Place, type ProjectionName } from './live.ts';
import { checkCounters, checkLetters, checkParkedAccounts, readParked, type ParkedAccount, type Parked } from './parked.ts';

/** What passes have to know of a ledger's read model: whose rows to read, how far each projection is, and what is left out on purpose. */
export interface ReadFacts {
  checkpoint: number;
  places: Readonly<Record<ProjectionName, Place>>;
  parked: ReadonlyMap<number, ParkedAccount>;
  divergences: readonly Divergence[];
}

/** The read model's own account of one ledger. */
export interface ReadSide {
  facts: ReadFacts;
  live: readonly Live[];
  parked: Parked;
  divergences: readonly Divergence[];
  /** What is wrong with where the rows are and how far they go: comes before everything that follows from it. */
  misplaced: readonly Finding[];
  /** What contradicts itself in what is parked. */
  findings: readonly Finding[];
  counts: Counts;
}

export async function readReadSide(read: Snapshot, ledger: Snapshot, checkpoint: Checkpoint): Promise<ReadSide> {
  const { number, position } = checkpoint;
  const live = await readLive(read, number);
  const parked = await readParked(read, number);
  const divergences = await readDivergences(read, number);
  const letters = await checkLetters(read, ledger, checkpoint);
  const placeOf = (name: ProjectionName): Place => live.find(({ projection }) => projection === name) ?? NOWHERE;
  const places = Object.fromEntries(PROJECTION_NAMES.map((name) => [name, placeOf(name)])) as Record<ProjectionName, Place>;
  return {
    facts: { checkpoint: position, places, parked: parked.accounts, divergences },
    live,
    parked,
    divergences,
    misplaced: [...(await checkLive(read, checkpoint, live)), ...checkParkedAccounts(parked)],
    findings: [...checkCounters(checkpoint, parked), ...letters.found],
    // The two counters of the checkpoint, each parked account and each letter.
    counts: { 'read parked': 2 + parked.accounts.size + letters.checked },
  };
}

/**
 * Up to where a projection of accounts has all of an account: its own position, or the last one before the account's first parked record; what a rebuild read from the
 * log itself is there whatever is parked.
 */
export function reachOf({ position, wholeTo }: Place, parked: ParkedAccount | undefined): number {
  return parked === undefined ? position : Math.min(position, Math.max(parked.first - 1, wholeTo));
}

/** How much of an account its fold has to keep for the read model. */
export function foldViewOf(read: ReadFacts | null, account: number): FoldView {
  if (read === null) return { summaryTo: -1, discarded: new Set(), balanceAt: -1 };
  const { account_summary: summary, trial_balance: balance } = read.places;
  return {
    summaryTo: reachOf(summary, read.parked.get(account)),
    discarded: lackedOf(read.divergences, 'account_summary', summary.wholeTo, account),
    balanceAt: balance.position,
  };
}
