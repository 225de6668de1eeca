import { Anchor, Text } from '@mantine/core';
import type { Account } from '@ledgerflow/client';
import { Link } from 'react-router';
import { paths } from '../../../app/paths.ts';
import { Money } from '../../../ui/money/index.ts';
import { type Column, fileColumn } from '../../../ui/table/index.ts';
import { Status } from '../status.tsx';
import { strings } from '../strings.ts';

const titles = strings.list.columns;

export const columnsOf = (ledger: string): Column<Account>[] => [
  {
    id: 'id',
    title: titles.id,
    cell: ({ id }) => (
      <Anchor component={Link} to={paths.account(ledger, id)} size="sm" className="id" display="block" truncate>
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

/** A file has room for all of it. */
export const EXPORT_COLUMNS: readonly Column<Account>[] = [
  fileColumn('id', titles.id, ({ id }) => id),
  fileColumn('name', titles.name, ({ name }) => name),
  fileColumn('owner', titles.owner, ({ ownerId }) => ownerId),
  fileColumn('currency', titles.currency, ({ currency }) => currency),
  fileColumn('status', titles.status, ({ status }) => status),
  fileColumn('freezeScope', titles.freezeScope, ({ freezeScope }) => freezeScope),
  fileColumn('posted', titles.posted, ({ posted }) => posted),
  fileColumn('held', titles.held, ({ held }) => held),
  fileColumn('available', titles.available, ({ available }) => available),
  fileColumn('minBalance', titles.minBalance, ({ minBalance }) => minBalance),
  fileColumn('maxBalance', titles.maxBalance, ({ maxBalance }) => maxBalance),
  fileColumn('version', titles.version, ({ version }) => version),
  fileColumn('metadata', titles.metadata, ({ metadata }) =>
    metadata === null || metadata === undefined ? null : JSON.stringify(metadata),
  ),
];
