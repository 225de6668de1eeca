import type { DataOf } from '@ledgerflow/client';

export type Slot = DataOf<'getOutbox'>['data'][number];

export const isOpen = ({ breaker }: Slot): boolean => breaker !== null && breaker !== 'closed';
const compare = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0);
/** Nobody sends what is there: worse than one that tries. */
const severity = (slot: Slot): number => (isOpen(slot) ? 2 : 0) + (slot.isLive ? 0 : 1);

/** The worst first: a breaker that is open, no live relay, the largest backlog, what has waited longest; then by slot. */
export const worstFirst = (slots: readonly Slot[]): Slot[] =>
  slots.toSorted(
    (a, b) =>
      severity(b) - severity(a) ||
      compare(BigInt(b.backlog), BigInt(a.backlog)) ||
      b.oldestAgeSeconds - a.oldestAgeSeconds ||
      a.cluster.localeCompare(b.cluster) ||
      a.slot - b.slot,
  );

export interface Totals {
  /** Records, in how many slots. */
  backlog: bigint;
  behind: number;
  oldestAgeSeconds: number;
  withoutRelay: number;
  open: number;
}

export const totalsOf = (slots: readonly Slot[]): Totals => ({
  backlog: slots.reduce((sum, { backlog }) => sum + BigInt(backlog), 0n),
  behind: slots.filter(({ backlog }) => backlog !== '0').length,
  oldestAgeSeconds: Math.max(0, ...slots.map(({ oldestAgeSeconds }) => oldestAgeSeconds)),
  withoutRelay: slots.filter(({ isLive }) => !isLive).length,
  open: slots.filter(isOpen).length,
});
