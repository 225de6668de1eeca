import { ActionIcon, Anchor, Badge, Button, Group, Stack, Text, Tooltip } from '@mantine/core';
import { ArrowDownLeftIcon, ArrowUpRightIcon, ClockIcon } from '@heroicons/react/24/outline';
import type { Account, Entry } from '@ledgerflow/client';
import { Link, useNavigate } from 'react-router';
import { ledgerflow } from '../../../api/client.ts';
import { paths } from '../../../app/paths.ts';
import { Money } from '../../../ui/money/index.ts';
import { Answered, Empty } from '../../../ui/states/index.ts';
import { type Column, DataTable, ExportButton } from '../../../ui/table/index.ts';
import { Time } from '../../../ui/time/index.ts';
import { MomentField } from '../moment-field.tsx';
import { useRows } from '../queries.ts';
import { strings } from '../strings.ts';

const text = strings.statement;
const PAGE = 1_000;
const isDebit = ({ amount }: Entry): boolean => amount.startsWith('-');

export interface StatementProps {
  ledger: string;
  account: Account;
  span: { from?: string; to?: string };
  onSpan: (change: { from?: string | null; to?: string | null }) => void;
  onMoment: (at: string) => void;
}

const columnsOf = (ledger: string, currency: string, onMoment: (at: string) => void): Column<Entry>[] => [
  {
    id: 'recordedAt',
    title: text.columns.recordedAt,
    width: '215px',
    cell: ({ recordedAt }) => (
      <Group gap={4} wrap="nowrap">
        <Time at={recordedAt} />
        <Tooltip label={text.lookThen}>
          <ActionIcon
            variant="subtle"
            color="gray"
            size="sm"
            aria-label={text.lookThen}
            onClick={(event) => {
              event.stopPropagation();
              onMoment(recordedAt);
            }}
          >
            <ClockIcon width={14} />
          </ActionIcon>
        </Tooltip>
      </Group>
    ),
    text: ({ recordedAt }) => recordedAt,
  },
  {
    id: 'effectiveAt',
    title: text.columns.effectiveAt,
    isWideOnly: true,
    width: '185px',
    cell: ({ effectiveAt, recordedAt }) =>
      effectiveAt === recordedAt ? (
        <Text size="sm" c="dimmed" component="span">
          <Time at={effectiveAt} />
        </Text>
      ) : (
        <Tooltip label={text.backdated}>
          <Badge variant="light" color="orange" tt="none" radius="sm">
            <Time at={effectiveAt} />
          </Badge>
        </Tooltip>
      ),
    text: ({ effectiveAt }) => effectiveAt,
  },
  {
    id: 'transaction',
    title: text.columns.transaction,
    isWideOnly: true,
    cell: ({ transactionId }) => (
      <Anchor
        component={Link}
        to={paths.transaction(ledger, transactionId)}
        size="sm"
        className="id"
        onClick={(event) => event.stopPropagation()}
      >
        {transactionId}
      </Anchor>
    ),
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
    align: 'right',
    cell: ({ amount }) => <Money amount={amount} signed size="sm" />,
    text: ({ amount }) => amount,
  },
  {
    id: 'currency',
    title: strings.list.currency,
    isWideOnly: true,
    width: '80px',
    cell: () => <Text size="sm">{currency}</Text>,
    text: () => currency,
  },
  {
    id: 'balance',
    title: text.columns.balance,
    align: 'right',
    cell: ({ balanceAfter }) => <Money amount={balanceAfter} size="sm" fw={600} />,
    text: ({ balanceAfter }) => balanceAfter,
  },
];

const EXPORTED_TOO: readonly Column<Entry>[] = [
  { id: 'held', title: text.columns.held, cell: () => null, text: ({ heldAfter }) => heldAfter },
  { id: 'version', title: text.columns.version, cell: () => null, text: ({ version }) => version },
  { id: 'position', title: text.columns.position, cell: () => null, text: ({ position }) => position },
];

/** Every entry with the balance after it, oldest first. */
export function Statement({ ledger, account, span, onSpan, onMoment }: StatementProps) {
  const navigate = useNavigate();
  const request = { ledger, account: account.id, limit: PAGE, ...span };
  const { query, rows, table } = useRows('listEntries', request);
  const columns = columnsOf(ledger, account.currency, onMoment);
  const isLimited = span.from !== undefined || span.to !== undefined;
  return (
    <Stack gap="sm">
      <Group align="flex-end" gap="sm">
        <MomentField label={text.from} value={span.from} onChange={(from) => onSpan({ from })} w={250} />
        <MomentField label={text.to} value={span.to} onChange={(to) => onSpan({ to })} w={250} />
        {isLimited ? (
          <Button variant="subtle" color="gray" onClick={() => onSpan({ from: null, to: null })}>
            {text.clear}
          </Button>
        ) : null}
        <Group ml="auto">
          <ExportButton
            name={`statement-${account.id}`}
            columns={[...columns, ...EXPORTED_TOO]}
            rows={(signal) => ledgerflow.listEntries(request, { signal })}
          />
        </Group>
      </Group>
      <Answered query={query}>
        {() =>
          rows.length === 0 ? (
            <Empty title={text.none}>{isLimited ? text.noneIn : text.noneYet}</Empty>
          ) : (
            <>
              <Text size="sm" c="dimmed" role="status">
                {text.count(rows.length, table.more !== null)}
              </Text>
              <DataTable
                label={text.label}
                columns={columns}
                rowKey={({ position, index }) => `${position}/${index}`}
                onOpen={({ transactionId }) => void navigate(paths.transaction(ledger, transactionId))}
                {...table}
              />
            </>
          )
        }
      </Answered>
    </Stack>
  );
}
