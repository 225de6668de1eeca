import { Anchor, Badge, Group, SegmentedControl, Stack, Text } from '@mantine/core';
import { CheckCircleIcon, ClockIcon, ExclamationCircleIcon, NoSymbolIcon, QuestionMarkCircleIcon } from '@heroicons/react/24/outline';
import { useState } from 'react';
import { Link } from 'react-router';
import { paths } from '../../../app/paths.ts';
import { formatCount } from '../../../ui/count/index.ts';
import { Money } from '../../../ui/money/index.ts';
import { wordsOf } from '../../../ui/problem/index.ts';
import { type Column, DataTable, ExportButton, fileColumn } from '../../../ui/table/index.ts';
import { strings } from '../strings.ts';
import type { Row } from './parse.ts';
import type { RowResult } from './slice.ts';

const text = strings.batch;
const ICON = 14;

/** A row as the table shows it. */
export interface ShownRow {
  row: Row;
  result: RowResult | null;
  /** The result is that of a dry run. */
  isTried: boolean;
}

type Status = keyof typeof text.statuses;
const LOOKS: Readonly<Record<Status, { color: string; Icon: typeof ClockIcon }>> = {
  done: { color: 'teal', Icon: CheckCircleIcon },
  would: { color: 'teal', Icon: CheckCircleIcon },
  replayed: { color: 'blue', Icon: CheckCircleIcon },
  refused: { color: 'red', Icon: ExclamationCircleIcon },
  wrong: { color: 'red', Icon: NoSymbolIcon },
  waiting: { color: 'gray', Icon: ClockIcon },
  open: { color: 'orange', Icon: QuestionMarkCircleIcon },
};

export function statusOf({ row, result, isTried }: ShownRow): Status {
  if (row.fault !== null) return 'wrong';
  if (result === null) return 'waiting';
  if (result.state !== 'done') return result.state;
  if (isTried) return 'would';
  return result.isReplayed ? 'replayed' : 'done';
}

/** That it may not be meant, while that can be mended. */
const hintAt = ({ equalTo }: Row): string => (equalTo === undefined ? '' : text.equalTo(equalTo));

/** Why a row was not done, or its transaction. */
function resultWords({ row, result }: ShownRow): string {
  if (row.fault !== null) return row.fault;
  if (result === null) return hintAt(row);
  if (result.state === 'done') return result.transaction;
  return result.problem === null ? '' : (wordsOf(result.problem)?.detail ?? result.problem.detail);
}

function StatusBadge({ shown }: { shown: ShownRow }) {
  const status = statusOf(shown);
  const { color, Icon } = LOOKS[status];
  return (
    <Badge
      variant="default"
      tt="none"
      fw={600}
      leftSection={<Icon width={ICON} color={`var(--mantine-color-${color}-text)`} aria-hidden />}
    >
      {text.statuses[status]}
    </Badge>
  );
}

const columnsFor = (ledger: string): readonly Column<ShownRow>[] => [
  { id: 'line', title: text.line, width: '3.5rem', align: 'right', cell: ({ row }) => row.line, text: ({ row }) => String(row.line) },
  {
    id: 'from',
    title: strings.from,
    isWideOnly: true,
    cell: ({ row }) => <span className="id">{row.from}</span>,
    text: ({ row }) => row.from,
  },
  { id: 'to', title: strings.to, isWideOnly: true, cell: ({ row }) => <span className="id">{row.to}</span>, text: ({ row }) => row.to },
  {
    id: 'amount',
    title: strings.amount,
    align: 'right',
    isWideOnly: true,
    cell: ({ row }) => <Money amount={row.amount} currency={row.currency} />,
    text: ({ row }) => row.amount,
  },
  {
    id: 'status',
    title: text.status,
    width: '9rem',
    cell: (shown) => <StatusBadge shown={shown} />,
    text: (shown) => text.statuses[statusOf(shown)],
  },
  {
    id: 'result',
    title: text.result,
    width: '34%',
    cell: (shown) =>
      shown.result?.state === 'done' && !shown.isTried ? (
        <Anchor component={Link} to={paths.transaction(ledger, shown.result.transaction)} className="id" size="sm">
          {shown.result.transaction}
        </Anchor>
      ) : (
        <Text size="sm" title={resultWords(shown)} lineClamp={3}>
          {shown.isTried && shown.result?.state === 'done' ? hintAt(shown.row) : resultWords(shown)}
        </Text>
      ),
    text: resultWords,
  },
];

/** What an export has beside what is shown. */
const exported: readonly Column<ShownRow>[] = [
  fileColumn('currency', strings.currency, ({ row }) => row.currency),
  fileColumn('reference', strings.terms.reference, ({ row }) => row.reference),
  fileColumn('externalId', strings.terms.externalId, ({ row }) => row.externalId),
  fileColumn('code', text.code, ({ result }) => (result === null || result.state === 'done' ? null : result.problem?.code)),
];

/** Every row of the file with what became of it. */
export function Rows({ ledger, name, rows }: { ledger: string; name: string; rows: readonly ShownRow[] }) {
  const [shown, setShown] = useState<'all' | 'failing'>('all');
  const columns = columnsFor(ledger);
  const failing = rows.filter((row) => !['done', 'replayed', 'would'].includes(statusOf(row)));
  return (
    <Stack gap="sm">
      <Group justify="space-between">
        <SegmentedControl
          aria-label={text.only}
          value={shown}
          onChange={(value) => setShown(value)}
          data={[
            { value: 'all', label: `${text.all} (${formatCount(rows.length)})` },
            { value: 'failing', label: `${text.failing} (${formatCount(failing.length)})` },
          ]}
        />
        <ExportButton name={`${name.replace(/\.csv$/i, '')}-results`} columns={[...columns, ...exported]} rows={() => rows} />
      </Group>
      <DataTable label={text.table} columns={columns} rows={shown === 'all' ? rows : failing} rowKey={({ row }) => String(row.line)} />
    </Stack>
  );
}
