import { Anchor, Text } from '@mantine/core';
import { Link } from 'react-router';
import { paths } from '../../app/paths.ts';
import { FilterCard, TextFilter } from '../../ui/filters/index.ts';
import { AccountPicker } from '../accounts/shared.tsx';
import { type Change, type Filters } from './filters.ts';
import { strings } from './strings.ts';
import { TYPES } from './types.ts';

const text = strings.filters;

/** What is followed; it is in the address. */
export function FilterBar({ ledger, filters, change }: { ledger: string; filters: Filters; change: Change }) {
  const { account = null, type, actor } = filters;
  const followed =
    account === null ? null : (
      <Text size="sm">
        {strings.following(account)}.{' '}
        <Anchor component={Link} to={paths.account(ledger, account)} inherit>
          {strings.accountPage}
        </Anchor>
      </Text>
    );
  return (
    <FilterCard
      label={text.label}
      count={Object.keys(filters).length}
      onClear={() => change({ account: null, type: null, actor: null })}
      cols={{ base: 1, xs: 3 }}
      beside={followed}
    >
      <AccountPicker label={text.account} value={account} hasSystemAccounts onChange={(next) => change({ account: next })} />
      <TextFilter label={text.type} placeholder={text.typeHint} known={TYPES} value={type} onChange={(next) => change({ type: next })} />
      <TextFilter label={text.actor} value={actor} onChange={(next) => change({ actor: next })} />
    </FilterCard>
  );
}
