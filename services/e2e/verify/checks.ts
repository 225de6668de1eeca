import type { Guarantee } from './types.ts';

/** Every check: what it proves, and for which guarantee. The order is that of the report. */
export const CHECKS = {
  directory: 'G5',
  positions: 'G4',
  times: 'G4',
  epochs: 'G4',
  sums: 'G1',
  records: 'G8',
  leaves: 'G8',
  details: 'G8',
  'batch digests': 'G8',
  principals: 'G5',
  currencies: 'G5',
  versions: 'G4',
  balances: 'G1',
  limits: 'G1',
  accounts: 'G5',
  head: 'G8',
  frontier: 'G8',
  'entry digest': 'G8',
  'account digest': 'G8',
  keys: 'G3',
  'external ids': 'G3',
  checkpoint: 'G5',
  'read projections': 'G5',
  'read parked': 'G5',
  'read divergences': 'G5',
  'read ledgers': 'G5',
  'read log times': 'G5',
  'read transactions': 'G5',
  'read statement': 'G5',
  'read corrections': 'G5',
  'read correction blocks': 'G5',
  'read accounts': 'G5',
  'read days': 'G5',
  'read activity': 'G5',
  'read search': 'G5',
  'read words': 'G5',
  'trial balance': 'G5',
  'projection digests': 'G5',
} as const satisfies Record<string, Guarantee>;

export type CheckName = keyof typeof CHECKS;
export const CHECK_NAMES = Object.keys(CHECKS) as CheckName[];

/** How much of a ledger a check has held against something. */
export type Counts = Partial<Record<CheckName, number>>;

export function addCounts(to: Counts, from: Counts): void {
  for (const name of CHECK_NAMES) {
    const count = from[name];
    if (count !== undefined) to[name] = (to[name] ?? 0) + count;
  }
}
