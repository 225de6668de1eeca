import { Group, Loader, Table, Text, VisuallyHidden } from '@mantine/core';
import type { Account } from '@ledgerflow/client';
import type { ReactNode } from 'react';
import { Money } from '../../../ui/money/index.ts';
import { differenceOf } from '../../../ui/money/sum.ts';
import { Status } from '../status.tsx';
import { strings } from '../strings.ts';

const text = strings.travel;

interface Row {
  name: keyof typeof text.rows;
  show: (account: Account) => ReactNode;
  /** What is compared. */
  of: (account: Account) => string;
  isAmount?: boolean;
}

const metadataOf = ({ metadata }: Account): string =>
  metadata === null || metadata === undefined || Object.keys(metadata).length === 0 ? '' : JSON.stringify(metadata);
const limit = (amount: string | null, currency: string): ReactNode =>
  amount === null ? (
    <Text inherit c="dimmed" component="span">
      {strings.noLimit}
    </Text>
  ) : (
    <Money amount={amount} currency={currency} />
  );
const amount = (name: 'posted' | 'held' | 'available'): Row => ({
  name,
  show: (account) => <Money amount={account[name]} currency={account.currency} fw={name === 'posted' ? 600 : 400} />,
  of: (account) => account[name],
  isAmount: true,
});
const plain = (name: 'name' | 'ownerId' | 'version' | 'asOfPosition'): Row => ({
  name,
  show: (account) => <span className={name === 'name' ? '' : 'id'}>{account[name] ?? ''}</span>,
  of: (account) => account[name] ?? '',
});

const ROWS: readonly Row[] = [
  amount('posted'),
  amount('held'),
  amount('available'),
  {
    name: 'status',
    show: ({ status, freezeScope }) => <Status status={status} freezeScope={freezeScope} />,
    of: ({ status, freezeScope }) => `${status} ${freezeScope ?? ''}`,
  },
  { name: 'minBalance', show: ({ minBalance, currency }) => limit(minBalance, currency), of: ({ minBalance }) => minBalance ?? '' },
  { name: 'maxBalance', show: ({ maxBalance, currency }) => limit(maxBalance, currency), of: ({ maxBalance }) => maxBalance ?? '' },
  plain('name'),
  plain('ownerId'),
  { name: 'metadata', show: (account) => <span className="id">{metadataOf(account)}</span>, of: metadataOf },
  plain('version'),
  plain('asOfPosition'),
];

function Difference({ row, then, now }: { row: Row; then: Account; now: Account }) {
  const [before, after] = [row.of(then), row.of(now)];
  if (before === after)
    return (
      <Text size="sm" c="dimmed">
        {text.same}
      </Text>
    );
  if (row.isAmount === true) return <Money amount={differenceOf(after, before)} currency={now.currency} signed size="sm" />;
  return (
    <Text size="sm" fw={600}>
      {text.changed}
    </Text>
  );
}

const NOT_YET = '–';

/**
 * The state of an account at a moment beside that of now, and what has changed between. `then`: null where it is not known yet. isAsking: a newer one is on its way.
 */
export function Comparison({ then, now, isAsking }: { then: Account | null; now: Account; isAsking: boolean }) {
  return (
    <Table.ScrollContainer minWidth={520} type="native" tabIndex={0} role="group" aria-label={text.compare}>
      <Table verticalSpacing={6} highlightOnHover={false} data-testid="comparison" aria-busy={isAsking}>
        <Table.Caption>
          <VisuallyHidden>{text.compare}</VisuallyHidden>
        </Table.Caption>
        <Table.Thead>
          <Table.Tr>
            <Table.Th w="16%">
              <VisuallyHidden>{strings.metadata.key}</VisuallyHidden>
            </Table.Th>
            <Table.Th w="30%">
              <Group gap="xs">
                {text.past}
                {isAsking ? <Loader size={12} aria-label={text.asking} /> : null}
              </Group>
            </Table.Th>
            <Table.Th w="30%">{text.nowColumn}</Table.Th>
            <Table.Th>{text.difference}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {ROWS.filter((row) => (then !== null && row.of(then) !== '') || row.of(now) !== '' || row.name.endsWith('Balance')).map((row) => (
            <Table.Tr key={row.name} data-row={row.name}>
              <Table.Th scope="row" fw={500} c="dimmed">
                {text.rows[row.name]}
              </Table.Th>
              <Table.Td>{then === null ? NOT_YET : row.show(then)}</Table.Td>
              <Table.Td>{row.show(now)}</Table.Td>
              <Table.Td>{then === null ? NOT_YET : <Difference row={row} then={then} now={now} />}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
