import { Anchor, Card, Group, Stack, Text, Title } from '@mantine/core';
import type { Transaction } from '@ledgerflow/client';
import { memo } from 'react';
import { Link } from 'react-router';
import { paths } from '../../app/paths.ts';
import { Money } from '../../ui/money/index.ts';
import { typeWord } from '../../ui/record-type/index.ts';
import { Answered, Empty } from '../../ui/states/index.ts';
import { Time } from '../../ui/time/index.ts';
import classes from './overview.module.css';
import { useRecent } from './queries.ts';
import { strings } from './strings.ts';
import { sumAmounts } from './sum.ts';

type Listed = Pick<Transaction, 'id' | 'type' | 'description' | 'reference' | 'externalId' | 'recordedAt' | 'entries'>;

const isIncoming = ({ amount }: Listed['entries'][number]): boolean => !amount.startsWith('-');

/** Of whom and to whom: of the first of each side, and how many more accounts there are. */
function Between({ entries }: { entries: Listed['entries'] }) {
  const from = entries.find((entry) => !isIncoming(entry))?.account;
  const to = entries.find(isIncoming)?.account;
  const more = new Set(entries.map(({ account }) => account)).size - new Set([from, to].filter((account) => account !== undefined)).size;
  return (
    <span className="id">
      {strings.fromTo(from, to)}
      {more > 0 ? ` ${strings.more(more)}` : ''}
    </span>
  );
}

/** What came in, of the first currency that moved. */
function Moved({ entries }: { entries: Listed['entries'] }) {
  const incoming = entries.filter(isIncoming);
  const currency = incoming[0]?.currency;
  if (currency === undefined) return null;
  const others = new Set(incoming.map((entry) => entry.currency)).size - 1;
  return (
    <>
      <Money amount={sumAmounts(incoming.filter((entry) => entry.currency === currency).map(({ amount }) => amount))} currency={currency} />
      {others > 0 ? (
        <Text size="xs" c="dimmed">
          {strings.more(others)}
        </Text>
      ) : null}
    </>
  );
}

const Entry = ({ ledger, row }: { ledger: string; row: Listed }) => (
  <li className={classes['item']}>
    <Group gap="sm" wrap="nowrap" align="flex-start">
      <div className={classes['grow']}>
        <Text size="sm" truncate>
          <Anchor component={Link} to={paths.transaction(ledger, row.id)} inherit fw={600}>
            {typeWord(row.type)}
          </Anchor>{' '}
          {row.description ?? row.reference ?? row.externalId ?? row.id}
        </Text>
        <Text size="xs" c="dimmed" truncate>
          <Between entries={row.entries} />
        </Text>
      </div>
      <Stack gap={0} align="flex-end">
        <Text size="sm" component="div">
          <Moved entries={row.entries} />
        </Text>
        <Text size="xs" c="dimmed">
          <Time at={row.recordedAt} />
        </Text>
      </Stack>
    </Group>
  </li>
);

/** The newest transactions. */
export const Recent = memo(function Recent({ ledger }: { ledger: string }) {
  const query = useRecent(ledger);
  return (
    <Card component="section" aria-labelledby="recent">
      <Group justify="space-between" mb="sm">
        <Title order={2} id="recent">
          {strings.recent}
        </Title>
        <Anchor component={Link} to={paths.transactions(ledger)} size="sm" fw={600}>
          {strings.recentAll}
        </Anchor>
      </Group>
      <Answered query={query}>
        {({ data }) =>
          data.length === 0 ? (
            <Empty title={strings.recentNone}>{strings.recentNoneAbout}</Empty>
          ) : (
            <ul className={classes['items']}>
              {data.map((row) => (
                <Entry key={row.id} ledger={ledger} row={row} />
              ))}
            </ul>
          )
        }
      </Answered>
    </Card>
  );
});
