import type { RequestOf } from '@ledgerflow/client';

export const FILTERS = ['account', 'reference', 'externalId', 'from', 'to', 'currency', 'minAmount', 'maxAmount'] as const;
export type FilterName = (typeof FILTERS)[number];
export type Filters = Partial<Record<FilterName, string>>;
export type Change = (changes: Partial<Record<FilterName, string | null>>) => void;

export const requestOf = (ledger: string, filters: Filters): RequestOf<'listTransactions'> => ({ ledger, ...filters });
