import { PROJECTIONS, type LiveProjection, type Projection } from '@ledgerflow/read-model/projections';
import type { LedgerCheckpoint } from './checkpoints.ts';
import type { AccountRef } from './envelope.ts';
import type { PreparedRecord, Refusal } from './prepare.ts';

/** A record, or the part of it that is of some accounts, which is not applied for now. */
export interface DeadLetter {
  prepared: PreparedRecord;
  /** Whose part is parked; none when only projections of the whole ledger refuse it. */
  accounts: readonly AccountRef[];
  /** Null: it waits behind an earlier one. */
  refusal: Refusal | null;
}

/** What one projection gets of a batch. */
export interface Work {
  live: LiveProjection;
  projection: Projection;
  changes: readonly unknown[];
  /** The last record that it has after this; null when it has none of the batch. */
  to: PreparedRecord | null;
}

export interface LedgerPlan {
  work: readonly Work[];
  letters: readonly DeadLetter[];
  /** Projections that hold from now on, and why. */
  holds: ReadonlyMap<string, string>;
}

export interface PlanState {
  checkpoint: Pick<LedgerCheckpoint, 'position'>;
  live: ReadonlyMap<string, LiveProjection>;
  /** Numbers of the accounts of which records are parked. */
  parked: ReadonlySet<number>;
}

/** Whether a projection goes with the checkpoint. */
export function isAttached(live: LiveProjection | undefined, position: bigint): live is LiveProjection {
  return live !== undefined && live.heldReason === null && live.position === position;
}

const isOfAccounts = (name: string, projections: readonly Projection[]): boolean =>
  projections.some((projection) => projection.name === name && projection.scope === 'account');

/** Whether the accounts of a refused record are parked: it can not be read, or a projection of accounts refuses it. Else only the projections that refuse it hold. */
export function parksAccounts(refusal: Refusal, projections: readonly Projection[] = PROJECTIONS): boolean {
  return refusal.projections.length === 0 || refusal.projections.some((name) => isOfAccounts(name, projections));
}

/**
 * What a batch of one ledger's records, dense from its checkpoint, does to each projection that goes with it. Projections of accounts get the part of every record whose
 * accounts are not parked; those of the ledger get all up to the first record that is refused, and hold there. Pure.
 */
export function planLedger(
  { checkpoint, live, parked }: PlanState,
  records: readonly PreparedRecord[],
  projections: readonly Projection[] = PROJECTIONS,
): LedgerPlan {
  const waiting = new Set(parked);
  const letters: DeadLetter[] = [];
  const holds = new Map<string, string>();
  const attached = projections.flatMap((projection) => {
    const row = live.get(projection.name);
    return isAttached(row, checkpoint.position) ? [{ projection, live: row }] : [];
  });
  const work = attached.map((one): { -readonly [K in keyof Work]: Work[K] } & { changes: unknown[] } => ({
    ...one,
    changes: [],
    to: null,
  }));
  /** A projection that holds already refuses nothing more: its first refused record says enough, and each of them would be a row. */
  const refusalOf = ({ refusal }: PreparedRecord): Refusal | null =>
    refusal === null ||
    parksAccounts(refusal, projections) ||
    refusal.projections.some((name) => !holds.has(name) && attached.some(({ projection }) => projection.name === name))
      ? refusal
      : null;
  for (const prepared of records) {
    const refusal = refusalOf(prepared);
    // Nobody is parked and nothing is refused: the usual record is asked nothing more.
    if (refusal === null && waiting.size === 0 && holds.size === 0) {
      for (const one of work) {
        one.changes.push(prepared.changes.get(one.projection));
        one.to = prepared;
      }
      continue;
    }
    const reason = `record ${prepared.record.position} is parked: ${refusal?.error}`;
    const parks = refusal !== null && parksAccounts(refusal, projections);
    const accounts = prepared.accounts();
    const stays = new Set((parks ? accounts : accounts.filter(({ number }) => waiting.has(number))).map(({ number }) => number));
    if (refusal !== null || stays.size > 0) {
      letters.push({ prepared, accounts: accounts.filter(({ number }) => stays.has(number)), refusal });
      if (parks) for (const number of stays) waiting.add(number);
    }
    for (const one of work) {
      const { projection } = one;
      if (projection.scope === 'ledger') {
        if (refusal !== null && (parks || refusal.projections.includes(projection.name)) && !holds.has(projection.name))
          holds.set(projection.name, reason);
        if (holds.has(projection.name)) continue;
        one.changes.push(prepared.changes.get(projection));
      } else if (stays.size === 0) one.changes.push(prepared.changes.get(projection));
      else if (!parks && stays.size < accounts.length)
        one.changes.push(projection.ofAccounts(prepared.changes.get(projection), (number) => !stays.has(number)));
      one.to = prepared;
    }
  }
  return { work, letters, holds };
}
