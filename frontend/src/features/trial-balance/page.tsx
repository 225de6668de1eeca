import { Alert, Anchor, Button, Card, Group, Table, Text, ThemeIcon } from '@mantine/core';
import { ArrowPathIcon, CheckCircleIcon, CheckIcon, ExclamationTriangleIcon, MapPinIcon } from '@heroicons/react/24/outline';
import { useQuery } from '@tanstack/react-query';
import { useHeld } from '../../api/held.ts';
import { useLedger } from '../../api/ledger.ts';
import { answerOf } from '../../api/queries.ts';
import { paths } from '../../app/paths.ts';
import { CopyLink } from '../../ui/copy/index.ts';
import { HeldNotice } from '../../ui/held/index.ts';
import { Money } from '../../ui/money/index.ts';
import { MomentField } from '../../ui/moment/index.ts';
import { Page, useFilters } from '../../ui/page/index.ts';
import { Answered, Empty } from '../../ui/states/index.ts';
import { type Column, ExportButton } from '../../ui/table/index.ts';
import { formatInstant, type Instant, parseInstant, Time, useZone } from '../../ui/time/index.ts';
import { type Row, rowsOf, type TrialBalance } from './balance.ts';
import { strings } from './strings.ts';

const ICON = 16;
const text = strings.columns;

const State = ({ isBalanced }: { isBalanced: boolean }) => (
  <Group gap={6} wrap="nowrap">
    {isBalanced ? (
      <CheckCircleIcon width={ICON} color="var(--money-in)" aria-hidden />
    ) : (
      <ExclamationTriangleIcon width={ICON} color="var(--mantine-color-error)" aria-hidden />
    )}
    {isBalanced ? strings.same : strings.different}
  </Group>
);

const money = (id: 'debits' | 'credits' | 'difference'): Column<Row> => ({
  id,
  title: text[id],
  align: 'right',
  cell: (row) => <Money amount={row[id]} />,
  text: (row) => row[id],
});

const columns: readonly Column<Row>[] = [
  { id: 'currency', title: text.currency, cell: ({ currency }) => currency, text: ({ currency }) => currency },
  money('debits'),
  money('credits'),
  money('difference'),
  {
    id: 'state',
    title: text.state,
    isWideOnly: true,
    cell: ({ isBalanced }) => <State isBalanced={isBalanced} />,
    text: ({ isBalanced }) => (isBalanced ? strings.same : strings.different),
  },
];

const shown = (isWideOnly = false) => (isWideOnly ? ({ visibleFrom: 'sm' } as const) : {});

/** Few rows and long amounts: all of each is shown, by scrolling where the screen is narrow. */
const Sums = ({ rows }: { rows: readonly Row[] }) => (
  <Table.ScrollContainer minWidth={340} type="native" tabIndex={0} aria-label={strings.title}>
    <Table aria-label={strings.title}>
      <Table.Thead>
        <Table.Tr>
          {columns.map(({ id, title, align, isWideOnly }) => (
            <Table.Th key={id} {...shown(isWideOnly)} ta={align === 'right' ? 'end' : 'start'}>
              {title}
            </Table.Th>
          ))}
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {rows.map((row) => (
          <Table.Tr key={row.currency}>
            {columns.map(({ id, cell, align, isWideOnly }) => (
              <Table.Td key={id} {...shown(isWideOnly)} ta={align === 'right' ? 'end' : 'start'}>
                {cell(row, false)}
              </Table.Td>
            ))}
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  </Table.ScrollContainer>
);

/** In words: whether it is balanced, and of which moment that is. */
function Verdict({ of: { balanced, asOf, asOfPosition }, rows }: { of: TrialBalance; rows: readonly Row[] }) {
  const wrong = rows.filter(({ isBalanced }) => !isBalanced).map(({ currency }) => currency);
  const isSound = balanced && wrong.length === 0;
  const when = (
    <Text size="sm">
      {strings.asOf} <Time at={asOf} precision="micro" />, {strings.position} <span className="id">{asOfPosition}</span>
    </Text>
  );
  if (!isSound)
    return (
      <Alert color="red" icon={<ExclamationTriangleIcon />} title={strings.unbalanced} role="alert">
        <Text size="sm">{strings.unbalancedDetail(wrong)}</Text>
        {when}
      </Alert>
    );
  return (
    <Card padding="sm" role="status">
      <Group gap="sm" wrap="nowrap" align="flex-start">
        <ThemeIcon color="teal" variant="light" radius="xl" aria-hidden>
          <CheckIcon width={ICON} />
        </ThemeIcon>
        <div>
          <Text fw={600}>{strings.balanced}</Text>
          <Text size="sm">{strings.balancedDetail}</Text>
          {when}
        </div>
      </Group>
    </Card>
  );
}

/** Nothing is balanced that is not there: nothing was recorded of the ledger at that time. */
function NotOpen({ openedAt, onMoment }: { openedAt: Instant; onMoment: (at: Instant) => void }) {
  const zone = useZone();
  return (
    <Alert color="cyan" title={strings.notOpen} role="status">
      <Text size="sm">
        {strings.notOpenDetail(formatInstant(openedAt, zone, 'micro'))}{' '}
        <Anchor component="button" inherit onClick={() => onMoment(openedAt)}>
          {strings.goOpen}
        </Anchor>
      </Text>
    </Alert>
  );
}

function Found({ found, rows }: { found: TrialBalance; rows: readonly Row[] }) {
  return (
    <>
      <Verdict of={found} rows={rows} />
      {rows.length === 0 ? <Empty title={strings.none}>{strings.noneDetail}</Empty> : <Sums rows={rows} />}
    </>
  );
}

/** A trial balance of the past does not change: exactly this one. */
const linkOf = (ledger: string, asOf: Instant): string => `${location.origin}${paths.trialBalance(ledger)}?at=${encodeURIComponent(asOf)}`;

export function Component() {
  const ledger = useLedger();
  const [{ at = null }, change] = useFilters(['at']);
  const query = useQuery(answerOf('getTrialBalance', { ledger: ledger.id, ...(at === null ? {} : { at }) }));
  const { data, isRefetching, refetch } = query;
  const held = useHeld(ledger.id, data);
  const rows = data === undefined ? [] : rowsOf(data);
  const moment = at === null ? null : parseInstant(at);
  const isBefore = moment !== null && moment < ledger.openedAt;
  return (
    <Page
      title={strings.title}
      about={strings.about}
      actions={
        data === undefined ? undefined : (
          <>
            {at === null ? (
              <Button variant="default" leftSection={<ArrowPathIcon width={ICON} />} loading={isRefetching} onClick={() => void refetch()}>
                {strings.refresh}
              </Button>
            ) : null}
            <CopyLink value={linkOf(ledger.id, data.asOf)} />
            <ExportButton name={`${ledger.id}-trial-balance-${data.asOfPosition}`} columns={columns} rows={() => rows} />
          </>
        )
      }
    >
      <Group align="flex-end" gap="sm">
        <MomentField label={strings.at} value={at} onChange={(next) => change({ at: next })} w={{ base: '100%', xs: 320 }} />
        {at !== null ? (
          <Button variant="default" onClick={() => change({ at: null })}>
            {strings.now}
          </Button>
        ) : data === undefined ? null : (
          <Button variant="default" leftSection={<MapPinIcon width={ICON} />} onClick={() => change({ at: data.asOf })}>
            {strings.fix}
          </Button>
        )}
      </Group>
      <Answered query={query}>
        {(found) => (
          <>
            <HeldNotice held={held} />
            {isBefore ? (
              <NotOpen openedAt={ledger.openedAt} onMoment={(opened) => change({ at: opened })} />
            ) : (
              <Found found={found} rows={rows} />
            )}
          </>
        )}
      </Answered>
    </Page>
  );
}
