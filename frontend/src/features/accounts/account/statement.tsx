import { Button, Group, SegmentedControl, Stack, Text } from '@mantine/core';
import type { Account } from '@ledgerflow/client';
import { useNavigate } from 'react-router';
import { ledgerflow } from '../../../api/client.ts';
import { paths } from '../../../app/paths.ts';
import { Answered, Empty } from '../../../ui/states/index.ts';
import { DataTable, ExportButton } from '../../../ui/table/index.ts';
import { explainSpan, MomentField } from '../../../ui/moment/index.ts';
import { useRows } from '../queries.ts';
import { strings } from '../strings.ts';
import { columnsOf, EXPORTED_TOO } from './statement-columns.tsx';

const text = strings.statement;
const PAGE = 1_000;

export interface StatementProps {
  ledger: string;
  account: Account;
  span: { from?: string; to?: string };
  /** As in the address: 'desc' is newest first, anything else oldest first. */
  order: string | undefined;
  onChange: (change: { from?: string | null; to?: string | null; order?: string | null }) => void;
  onMoment: (at: string) => void;
}

/** Every entry with the balance after it. */
export function Statement({ ledger, account, span, order, onChange, onMoment }: StatementProps) {
  const navigate = useNavigate();
  const isNewestFirst = order === 'desc';
  const request = { ledger, account: account.id, limit: PAGE, ...span, ...(isNewestFirst ? ({ order: 'desc' } as const) : {}) };
  const { query, rows, hasMore, table } = useRows('listEntries', request);
  const columns = columnsOf(ledger, account.currency, onMoment);
  const isLimited = span.from !== undefined || span.to !== undefined;
  return (
    <Stack gap="sm">
      <Group align="flex-end" gap="sm">
        <MomentField
          label={text.from}
          value={span.from ?? null}
          onChange={(from) => onChange({ from })}
          error={explainSpan(span.from, span.to, text.to)}
          w={290}
        />
        <MomentField label={text.to} value={span.to ?? null} onChange={(to) => onChange({ to })} w={290} />
        {isLimited ? (
          <Button variant="subtle" color="gray" onClick={() => onChange({ from: null, to: null })}>
            {text.clear}
          </Button>
        ) : null}
        <Group ml="auto">
          <SegmentedControl
            aria-label={text.order}
            data={Object.entries(text.orders).map(([value, label]) => ({ value, label }))}
            value={isNewestFirst ? 'desc' : 'asc'}
            onChange={(value) => onChange({ order: value === 'desc' ? value : null })}
          />
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
                {text.count(rows.length, hasMore)}
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
