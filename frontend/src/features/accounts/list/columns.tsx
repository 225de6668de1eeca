import { Anchor, Text } from '@mantine/core';
import type { Account } from '@ledgerflow/client';
import { Link } from 'react-router';
import { paths } from '../../../app/paths.ts';
import { Money } from '../../../ui/money/index.ts';
import type { Column } from '../../../ui/table/index.ts';
import { Status } from '../status.tsx';
import { strings } from '../strings.ts';

const titles = strings.list.columns;

export const columnsOf = (ledger: string): Column<Account>[] => [
  {
    id: 'id',
    title: titles.id,
    cell: ({ id }) => (
      <Anchor
        component={Link}
        to={paths.account(ledger, id)}
        size="sm"
        className="id"
        display="block"
        truncate
        onClick={(event) => event.stopPropagation()}
      >
        {id}
      </Anchor>
    ),
  },
  {
    id: 'name',
    title: titles.name,
    isWideOnly: true,
    cell: ({ name }) => (
      <Text size="sm" truncate>
        {name}
      </Text>
    ),
  },
  {
    id: 'owner',
    title: titles.owner,
    isWideOnly: true,
    cell: ({ ownerId }) => (
      <Text size="sm" truncate className="id">
        {ownerId}
      </Text>
    ),
  },
  { id: 'status', title: titles.status, width: '115px', cell: (row) => <Status status={row.status} freezeScope={row.freezeScope} /> },
  {
    id: 'held',
    title: titles.held,
    align: 'right',
    isWideOnly: true,
    width: '14%',
    cell: ({ held, currency }) => <Money amount={held} currency={currency} size="sm" />,
  },
  {
    id: 'available',
    title: titles.available,
    align: 'right',
    isWideOnly: true,
    width: '16%',
    cell: ({ available, currency }) => <Money amount={available} currency={currency} size="sm" />,
  },
  {
    id: 'posted',
    title: titles.posted,
    align: 'right',
    cell: ({ posted, currency }) => <Money amount={posted} currency={currency} size="sm" fw={600} />,
  },
];

const text = (id: string, title: string, of: (account: Account) => string | null | undefined): Column<Account> => ({
  id,
  title,
  cell: () => null,
  text: (account) => of(account) ?? '',
});

/** A file has room for all of it. */
export const EXPORT_COLUMNS: readonly Column<Account>[] = [
  text('id', titles.id, ({ id }) => id),
  text('name', titles.name, ({ name }) => name),
  text('owner', titles.owner, ({ ownerId }) => ownerId),
  text('currency', titles.currency, ({ currency }) => currency),
  text('status', titles.status, ({ status }) => status),
  text('freezeScope', titles.freezeScope, ({ freezeScope }) => freezeScope),
  text('posted', titles.posted, ({ posted }) => posted),
  text('held', titles.held, ({ held }) => held),
  text('available', titles.available, ({ available }) => available),
  text('minBalance', titles.minBalance, ({ minBalance }) => minBalance),
  text('maxBalance', titles.maxBalance, ({ maxBalance }) => maxBalance),
  text('version', titles.version, ({ version }) => version),
  text('metadata', titles.metadata, ({ metadata }) => (metadata === null || metadata === undefined ? '' : JSON.stringify(metadata))),
];
