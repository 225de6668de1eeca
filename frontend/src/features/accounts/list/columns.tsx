import { Anchor, Text } from '@mantine/core';
import type { Account } from '@ledgerflow/client';
import { Link } from 'react-router';
import { paths } from '../../../app/paths.ts';
import { Money } from '../../../ui/money/index.ts';
import { type Column, EndKept, fileColumn } from '../../../ui/table/index.ts';
import { Status, statusText } from '../status.tsx';
import { strings } from '../strings.ts';

const titles = strings.list.columns;

/** 26 characters from 1140 px on; those that LedgerFlow makes have 34, and are cut in their middle. */
const ID_WIDTH = 'clamp(9rem, 20vw, 14.25rem)';

export const columnsOf = (ledger: string): Column<Account>[] => [
  {
    id: 'id',
    title: titles.id,
    width: ID_WIDTH,
    narrowWidth: 'auto',
    cell: ({ id }) => (
      // Named whole: of a cut one the two parts would be read as two words.
      <Anchor component={Link} to={paths.account(ledger, id)} size="sm" className="id" display="block" truncate aria-label={id}>
        <EndKept>{id}</EndKept>
      </Anchor>
    ),
    narrow: ({ name }) => name,
  },
  {
    id: 'name',
    title: titles.name,
    isWideOnly: true,
    cell: ({ name }) => (
      <Text size="sm" truncate title={name ?? ''}>
        {name}
      </Text>
    ),
  },
  {
    id: 'owner',
    title: titles.owner,
    shownFrom: 'large',
    cell: ({ ownerId }) => (
      <Text size="sm" truncate className="id" title={ownerId ?? ''}>
        {ownerId}
      </Text>
    ),
  },
  {
    id: 'status',
    title: titles.status,
    width: '115px',
    isWideOnly: true,
    cell: (row) => <Status status={row.status} freezeScope={row.freezeScope} />,
  },
  {
    id: 'held',
    title: titles.held,
    align: 'right',
    shownFrom: 'large',
    width: '12%',
    cell: ({ held, currency }) => <Money amount={held} currency={currency} size="sm" />,
  },
  {
    id: 'available',
    title: titles.available,
    align: 'right',
    shownFrom: 'medium',
    width: '16%',
    cell: ({ available, currency }) => <Money amount={available} currency={currency} size="sm" />,
  },
  {
    id: 'posted',
    title: titles.posted,
    align: 'right',
    width: 'clamp(120px, 13vw, 180px)',
    narrowWidth: '42%',
    cell: ({ posted, currency }) => <Money amount={posted} currency={currency} size="sm" fw={600} />,
    narrow: ({ status, freezeScope }) => (
      <Text span inherit {...(status === 'open' ? {} : { c: 'var(--mantine-color-text)', fw: 600 })}>
        {statusText(status, freezeScope)}
      </Text>
    ),
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
