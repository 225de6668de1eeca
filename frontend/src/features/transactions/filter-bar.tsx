import { Select } from '@mantine/core';
import { FilterCard, TextFilter } from '../../ui/filters/index.ts';
import { MomentField } from '../../ui/moment/index.ts';
import { AccountPicker } from '../accounts/shared.tsx';
import { type Change, type Currency, FILTERS, type Filters, readBound } from './filters.ts';
import { strings } from './strings.ts';

const text = strings.filters;

export interface FilterBarProps {
  filters: Filters;
  /** What is wrong with which of them. */
  faults: Filters;
  change: Change;
  currencies: readonly Currency[];
}

/** Which transactions; what is chosen is in the address. */
export function FilterBar({ filters, faults, change, currencies }: FilterBarProps) {
  const { account = null, reference, externalId, from = null, to = null, currency = null, minAmount, maxAmount } = filters;
  const amount = (label: string, name: 'minAmount' | 'maxAmount', value: string | undefined) => (
    <TextFilter
      // What was typed of another currency does not stay.
      key={`${name} ${currency}`}
      label={label}
      value={value}
      read={(typed) => readBound(typed, currency, currencies)}
      error={faults[name] ?? null}
      isDisabled={currency === null && value === undefined}
      {...(currency === null ? { placeholder: text.amountHint } : {})}
      onChange={(next) => change({ [name]: next })}
    />
  );
  const codes = currencies.map(({ code }) => code);
  const known = currency === null || codes.includes(currency) ? codes : [...codes, currency];
  return (
    <FilterCard
      label={text.label}
      count={Object.keys(filters).length}
      onClear={() => change(Object.fromEntries(FILTERS.map((name) => [name, null])))}
      cols={{ base: 1, xs: 2, sm: 3, lg: 4 }}
    >
      <AccountPicker label={text.account} value={account} hasSystemAccounts onChange={(next) => change({ account: next })} />
      <TextFilter
        label={text.reference}
        placeholder={text.referenceHint}
        value={reference}
        onChange={(next) => change({ reference: next })}
      />
      <MomentField label={text.from} value={from} error={faults.from} onChange={(next) => change({ from: next })} />
      <MomentField label={text.to} value={to} onChange={(next) => change({ to: next })} />
      <TextFilter label={text.externalId} value={externalId} onChange={(next) => change({ externalId: next })} />
      <Select
        label={text.currency}
        placeholder={text.anyCurrency}
        data={known}
        value={currency}
        clearable
        clearButtonProps={{ 'aria-label': text.clearCurrency }}
        onChange={(next) => change(next === null ? { currency: null, minAmount: null, maxAmount: null } : { currency: next })}
      />
      {amount(text.min, 'minAmount', minAmount)}
      {amount(text.max, 'maxAmount', maxAmount)}
    </FilterCard>
  );
}
