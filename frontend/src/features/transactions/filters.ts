import type { RequestOf } from '@ledgerflow/client';
import { SCALE_MAX } from '../../api/ledger.ts';
import type { FilterRead } from '../../ui/filters/index.ts';
import { explainSpan } from '../../ui/moment/index.ts';
import { differenceOf, signOf } from '../../ui/money/sum.ts';
import { explainFault, readAmount } from '../../ui/money-input/index.ts';
import { strings } from './strings.ts';

export const FILTERS = ['account', 'reference', 'externalId', 'from', 'to', 'currency', 'minAmount', 'maxAmount'] as const;
export type FilterName = (typeof FILTERS)[number];
export type Filters = Partial<Record<FilterName, string>>;
export type Change = (changes: Partial<Record<FilterName, string | null>>) => void;

export interface Currency {
  code: string;
  scale: number;
}

const AMOUNTS = ['minAmount', 'maxAmount'] as const;

/** An amount as somebody types it, of a currency or of none yet, or of one that the ledger lacks: then with as many decimals as any can have. */
export function readBound(text: string, code: string | null, currencies: readonly Currency[]): FilterRead {
  const rule = { scale: currencies.find((one) => one.code === code)?.scale ?? SCALE_MAX, isZeroAllowed: true };
  const read = readAmount(text, rule);
  return 'amount' in read ? { value: read.amount } : { fault: explainFault(read.fault, { ...rule, currency: code ?? '' }, text) };
}

/** The filters of an address, its amounts as the API writes them; one that is none stays, for the API to refuse. */
export function readFilters(filters: Filters, currencies: readonly Currency[]): Filters {
  const read = { ...filters };
  for (const name of AMOUNTS) {
    const bound = read[name] === undefined ? null : readBound(read[name], read.currency ?? null, currencies);
    if (bound !== null && 'value' in bound) read[name] = bound.value;
  }
  return read;
}

/** Where filters that were read leave nothing that could be found. */
export function faultsOf({ from, to, minAmount, maxAmount, currency }: Filters, currencies: readonly Currency[]): Filters {
  const faults: Filters = {};
  const span = explainSpan(from, to, strings.filters.to);
  if (span !== null) faults.from = span;
  const isAmount = (text: string | undefined): text is string =>
    text !== undefined && 'value' in readBound(text, currency ?? null, currencies);
  if (isAmount(minAmount) && isAmount(maxAmount) && signOf(differenceOf(minAmount, maxAmount)) > 0)
    faults.minAmount = strings.filters.reversed(strings.filters.max);
  return faults;
}

export const requestOf = (ledger: string, filters: Filters): RequestOf<'listTransactions'> => ({ ledger, ...filters });
