import type { DataOf } from '@ledgerflow/client';
import { fromDate, type Instant } from '../../ui/time/index.ts';

/** How far the worst of a ledger's projections is behind the log; not known: since when at the earliest, null where nothing tells. */
export type Lag =
  { isKnown: true; records: string; seconds: number } | { isKnown: false; why: 'writer' | 'old' | 'nothing'; since: Instant | null };

/** An answer older than that says nothing of now: three of its polls did not come. */
export const OLD_MS = 15_000;

const BUILDER = 'read-model-builder';
/** The builder's check that it can compare heads with checkpoints. */
const HEADS = 'heads';

/** Since when the read model's builder can not tell heads of the log; null: it can, or nobody knows. */
export function headsGoneSince(health: DataOf<'getHealth'> | undefined): Instant | null {
  const checks = (health?.services ?? []).filter(({ name }) => name === BUILDER).flatMap(({ checks: its = [] }) => its);
  return (
    checks
      .filter(({ name, ok }) => name === HEADS && !ok)
      .map(({ since }) => since)
      .toSorted()[0] ?? null
  );
}

export interface LagFacts {
  rows: DataOf<'listProjections'>['data'];
  /** When they were read, by the ledger's clock, milliseconds. */
  readMs: number;
  /** Asking again failed, or takes longer than OLD_MS. */
  isOld: boolean;
  health: DataOf<'getHealth'> | undefined;
}

/** That there is none is said only of heads that were told just now. */
export function lagOf({ rows, readMs, isOld, health }: LagFacts): Lag {
  const since = headsGoneSince(health);
  const records = rows.map(({ lagRecords }) => lagRecords);
  if (since !== null || records.includes(null)) return { isKnown: false, why: 'writer', since };
  if (isOld) return { isKnown: false, why: 'old', since: fromDate(new Date(readMs)) };
  if (records.length === 0) return { isKnown: false, why: 'nothing', since: null };
  const most = records.reduce<bigint>((max, text) => (BigInt(text ?? 0) > max ? BigInt(text ?? 0) : max), 0n);
  return { isKnown: true, records: String(most), seconds: Math.max(0, ...rows.map(({ lagSeconds }) => lagSeconds ?? 0)) };
}
