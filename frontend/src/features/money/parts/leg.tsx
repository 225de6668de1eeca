import { NativeSelect, SimpleGrid, Stack } from '@mantine/core';
import type { Ledger } from '@ledgerflow/client';
import { SCALE_MAX, scaleOf } from '../../../api/ledger.ts';
import { MoneyInput } from '../../../ui/money-input/index.ts';
import { AccountPicker } from '../../accounts/shared.tsx';
import { hasFrom, hasTo, type Kind, type Leg } from '../intent/draft.ts';
import type { AccountQuery } from '../queries.ts';
import { strings } from '../strings.ts';
import { Balance } from './balance.tsx';

/** The most decimals that a currency may have: while none is known, only what no currency has is wrong. */

export interface LegFieldsProps {
  kind: Kind;
  ledger: Ledger;
  leg: Leg;
  /** As chosen, else that of its accounts. */
  currency: string | null;
  accounts: ReadonlyMap<string, AccountQuery>;
  faults: Partial<Leg>;
  onChange: (change: Partial<Leg>) => void;
}

/** From whom to whom, how much. */
export function LegFields({ kind, ledger, leg, currency, accounts, faults, onChange }: LegFieldsProps) {
  const fromCurrency = hasFrom(kind) ? (accounts.get(leg.from)?.data?.currency ?? null) : null;
  return (
    <Stack gap="md">
      <SimpleGrid cols={{ base: 1, sm: hasFrom(kind) && hasTo(kind) ? 2 : 1 }} spacing="md">
        {hasFrom(kind) ? (
          <div>
            <AccountPicker
              label={hasTo(kind) ? strings.from : strings.outOf}
              value={leg.from}
              onChange={(id) => onChange({ from: id ?? '' })}
              without={leg.to}
              error={faults.from}
              isRequired
            />
            <Balance query={accounts.get(leg.from)} />
          </div>
        ) : null}
        {hasTo(kind) ? (
          <div>
            <AccountPicker
              label={hasFrom(kind) ? strings.to : strings.into}
              value={leg.to}
              onChange={(id) => onChange({ to: id ?? '' })}
              without={leg.from}
              currency={fromCurrency}
              error={faults.to}
              isRequired
            />
            <Balance query={accounts.get(leg.to)} />
          </div>
        ) : null}
      </SimpleGrid>
      <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="md">
        <MoneyInput
          label={strings.amount}
          value={leg.amount}
          onChange={(amount) => onChange({ amount })}
          currency={currency ?? ''}
          scale={(currency === null ? null : scaleOf(ledger, currency)) ?? SCALE_MAX}
          error={faults.amount ?? null}
          required
        />
        <NativeSelect
          label={strings.currency}
          value={leg.currency === '' ? (currency ?? '') : leg.currency}
          onChange={(event) => onChange({ currency: event.currentTarget.value })}
          data={[{ value: '', label: strings.currencyOfAccounts }, ...ledger.currencies.map(({ code }) => ({ value: code, label: code }))]}
          error={faults.currency}
        />
      </SimpleGrid>
    </Stack>
  );
}
