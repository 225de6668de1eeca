import { Anchor, Group, Stack, Text } from '@mantine/core';
import type { LedgerRecord } from '@ledgerflow/client';
import { Link } from 'react-router';
import { ledgerflow } from '../../../api/client.ts';
import { paths } from '../../../app/paths.ts';
import { Money } from '../../../ui/money/index.ts';
import { Answered, Empty } from '../../../ui/states/index.ts';
import { type Column, DataTable, ExportButton } from '../../../ui/table/index.ts';
import { Time } from '../../../ui/time/index.ts';
import { useRows } from '../queries.ts';
import { strings } from '../strings.ts';

const text = strings.history;
const PAGE = 1_000;

/** What a record did to the account, in a line. */
function What({ record: { events } }: { record: LedgerRecord }) {
  return (
    <Text size="sm" truncate>
      {events.map(({ index, type, amount, data }) =>
        amount === undefined || amount === null ? (
          <span key={index} className="id" title={JSON.stringify(data)}>
            {type}{' '}
          </span>
        ) : (
          <span key={index}>
            <Money amount={amount} signed />{' '}
          </span>
        ),
      )}
    </Text>
  );
}

const COLUMNS: readonly Column<LedgerRecord>[] = [
  {
    id: 'recordedAt',
    title: text.columns.recordedAt,
    width: '185px',
    isWideOnly: true,
    cell: ({ recordedAt }) => <Time at={recordedAt} />,
    text: ({ recordedAt }) => recordedAt,
  },
  {
    id: 'type',
    title: text.columns.type,
    cell: ({ type }) => type,
    text: ({ type }) => type,
    narrow: ({ recordedAt }) => <Time at={recordedAt} />,
  },
  {
    id: 'what',
    title: text.columns.what,
    isWideOnly: true,
    cell: (record) => <What record={record} />,
    text: ({ events }) => JSON.stringify(events),
  },
  {
    id: 'version',
    title: text.columns.version,
    isWideOnly: true,
    width: '90px',
    cell: ({ events }) => <span className="id">{events.at(-1)?.version}</span>,
    text: ({ events }) => events.at(-1)?.version ?? '',
  },
  {
    id: 'actor',
    title: text.columns.actor,
    narrowWidth: '40%',
    cell: ({ actor }) => <span className="id">{actor}</span>,
    text: ({ actor }) => actor,
  },
  {
    id: 'position',
    title: text.columns.position,
    align: 'right',
    isWideOnly: true,
    width: '110px',
    cell: ({ position }) => <span className="id">{position}</span>,
    text: ({ position }) => position,
  },
];

/** Every record that touched the account: who changed what when. */
export function History({ ledger, account }: { ledger: string; account: string }) {
  const request = { ledger, account, limit: PAGE };
  const { query, rows, table } = useRows('listAccountEvents', request);
  return (
    <Answered query={query}>
      {() =>
        rows.length === 0 ? (
          <Empty title={text.none} />
        ) : (
          <Stack gap="sm">
            <Group justify="space-between">
              <Anchor component={Link} to={paths.events(ledger, { account })} size="sm">
                {text.inFeed}
              </Anchor>
              <ExportButton
                name={`history-${account}`}
                columns={COLUMNS}
                rows={(signal) => ledgerflow.listAccountEvents(request, { signal })}
              />
            </Group>
            <DataTable label={text.label} columns={COLUMNS} rowKey={({ position }) => position} {...table} />
          </Stack>
        )
      }
    </Answered>
  );
}
