import { ActionIcon, Anchor, Group, Text, Tooltip } from '@mantine/core';
import { ArrowDownLeftIcon, ArrowUpRightIcon, ArrowsRightLeftIcon, ClockIcon } from '@heroicons/react/24/outline';
import type { Entry } from '@ledgerflow/client';
import { Link } from 'react-router';
import { paths } from '../../../app/paths.ts';
import { Money } from '../../../ui/money/index.ts';
import { type Column, fileColumn } from '../../../ui/table/index.ts';
import { Time } from '../../../ui/time/index.ts';
import { strings } from '../strings.ts';

const text = strings.statement;
const isDebit = ({ amount }: Entry): boolean => amount.startsWith('-');

/** With the way to the account as it was then. */
const Recorded = ({ at, isNarrow, onMoment }: { at: string; isNarrow: boolean; onMoment: (at: string) => void }) => (
  <Group gap={4} wrap="nowrap">
    <Time at={at} precision={isNarrow ? 'second' : 'micro'} />
    <Tooltip label={text.lookThen}>
      <ActionIcon variant="subtle" color="gray" size="sm" aria-label={text.lookThen} onClick={() => onMoment(at)}>
        <ClockIcon width={14} />
      </ActionIcon>
    </Tooltip>
  </Group>
);

const Effective = ({ row: { effectiveAt, recordedAt } }: { row: Entry }) =>
  effectiveAt === recordedAt ? (
    <Text size="sm" c="dimmed" component="span">
      <Time at={effectiveAt} />
    </Text>
  ) : (
    <Tooltip label={text.backdated}>
      <Group gap={4} wrap="nowrap">
        <Time at={effectiveAt} />
        <ArrowsRightLeftIcon width={14} role="img" aria-label={text.backdated} />
      </Group>
    </Tooltip>
  );

const TransactionLink = ({ ledger, row: { transactionId } }: { ledger: string; row: Entry }) => (
  <Anchor component={Link} to={paths.transaction(ledger, transactionId)} inherit className="id">
    {transactionId}
  </Anchor>
);

export const columnsOf = (ledger: string, currency: string, onMoment: (at: string) => void): Column<Entry>[] => [
  {
    id: 'recordedAt',
    title: text.columns.recordedAt,
    width: '255px',
    narrowWidth: 'auto',
    cell: ({ recordedAt }, isNarrow) => <Recorded at={recordedAt} isNarrow={isNarrow} onMoment={onMoment} />,
    narrow: (row) => (
      <>
        {isDebit(row) ? text.debit : text.credit}, {text.columns.transaction.toLowerCase()} <TransactionLink ledger={ledger} row={row} />
      </>
    ),
    text: ({ recordedAt }) => recordedAt,
  },
  {
    id: 'effectiveAt',
    title: text.columns.effectiveAt,
    shownFrom: 'large',
    width: '190px',
    cell: (row) => <Effective row={row} />,
    text: ({ effectiveAt }) => effectiveAt,
  },
  {
    id: 'transaction',
    title: text.columns.transaction,
    isWideOnly: true,
    cell: (row) => <TransactionLink ledger={ledger} row={row} />,
    text: ({ transactionId }) => transactionId,
  },
  {
    id: 'direction',
    title: text.columns.direction,
    isWideOnly: true,
    width: '100px',
    cell: (row) => (
      <Group gap={4} wrap="nowrap">
        {isDebit(row) ? <ArrowUpRightIcon width={14} aria-hidden /> : <ArrowDownLeftIcon width={14} aria-hidden />}
        <span>{isDebit(row) ? text.debit : text.credit}</span>
      </Group>
    ),
    text: (row) => (isDebit(row) ? text.debit : text.credit),
  },
  {
    id: 'amount',
    title: text.columns.amount,
    narrowTitle: text.columns.amountAndBalance,
    align: 'right',
    narrowWidth: '42%',
    cell: ({ amount }) => <Money amount={amount} signed size="sm" />,
    narrow: ({ balanceAfter }) => <Money amount={balanceAfter} size="xs" />,
    text: ({ amount }) => amount,
  },
  {
    id: 'currency',
    title: strings.list.currency,
    shownFrom: 'large',
    width: '100px',
    cell: () => <Text size="sm">{currency}</Text>,
    text: () => currency,
  },
  {
    id: 'balance',
    title: text.columns.balance,
    align: 'right',
    isWideOnly: true,
    cell: ({ balanceAfter }) => <Money amount={balanceAfter} size="sm" fw={600} />,
    text: ({ balanceAfter }) => balanceAfter,
  },
];

/** In a file only. */
export const EXPORTED_TOO: readonly Column<Entry>[] = [
  fileColumn('held', text.columns.held, ({ heldAfter }) => heldAfter),
  fileColumn('version', text.columns.version, ({ version }) => version),
  fileColumn('position', text.columns.position, ({ position }) => position),
];
