import { title } from './title.ts';
export const strings = {
  title,
  about: 'What accounts lack (debits) and what they have (credits), by currency.',
  at: 'At',
  now: 'Now',
  refresh: 'Refresh',
  fix: 'Stay at this moment',
  balanced: 'Balanced',
  balancedDetail: 'Debits equal credits in every currency.',
  unbalanced: 'Not balanced',
  unbalancedDetail: (currencies: readonly string[]) =>
    `Debits and credits differ in ${currencies.join(', ')}. Ask whoever runs LedgerFlow to verify the ledger.`,
  asOf: 'As of',
  position: 'position',
  none: 'No currencies yet',
  noneDetail: 'A currency joins a ledger with its first account.',
  columns: {
    currency: 'Currency',
    debits: 'Debits',
    credits: 'Credits',
    difference: 'Difference',
    state: 'State',
  },
  same: 'Equal',
  different: 'Differ',
} as const;
