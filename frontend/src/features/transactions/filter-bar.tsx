import { Select } from '@mantine/core';
import { FilterCard, TextFilter } from '../../ui/filters/index.ts';
import { MomentField } from '../../ui/moment/index.ts';
import { AccountPicker } from '../accounts/shared.tsx';
import { type Change, FILTERS, type Filters } from './filters.ts';
import { strings } from './strings.ts';

const text = strings.filters;

/** Which transactions; what is chosen is in the address. */
export function FilterBar({ filters, change, currencies }: { filters: Filters; change: Change; currencies: readonly string[] }) {
  const { account = null, reference, externalId, from = null, to = null, currency = null, minAmount, maxAmount } = filters;
  const amount = (label: string, name: 'minAmount' | 'maxAmount', value: string | undefined) => (
    <TextFilter
      label={label}
      value={value}
      isDisabled={currency === null && value === undefined}
      {...(currency === null ? { placeholder: text.amountHint } : {})}
      onChange={(next) => change({ [name]: next })}
    />
  );
  const known = currency === null || currencies.includes(currency) ? currencies : [...currencies, currency];
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
      <MomentField label={text.from} value={from} onChange={(next) => change({ from: next })} />
      <MomentField label={text.to} value={to} onChange={(next) => change({ to: next })} />
      <TextFilter label={text.externalId} value={externalId} onChange={(next) => change({ externalId: next })} />
      <Select
        label={text.currency}
        placeholder={text.anyCurrency}
        data={[...known]}
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
