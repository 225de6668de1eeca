import type { LedgerRecord } from '@ledgerflow/client';
import { Anchor, Group, Stack, Table, Text } from '@mantine/core';
import { Link } from 'react-router';
import { useMay } from '../../api/session.ts';
import { paths } from '../../app/paths.ts';
import { Id } from '../../ui/copy/index.ts';
import { JsonView } from '../../ui/json/index.ts';
import { Money } from '../../ui/money/index.ts';
import { Time } from '../../ui/time/index.ts';
import { strings } from './strings.ts';
import classes from './events.module.css';

/** A batch has up to thousands; all of them are in the JSON. */
const EVENTS_MAX = 50;
const text = strings.columns;

function Events({ ledger, record: { position, events } }: { ledger: string; record: LedgerRecord }) {
  return (
    <Table.ScrollContainer minWidth={520} type="native" tabIndex={0} aria-label={strings.eventsOf(position)}>
      <Table aria-label={strings.eventsOf(position)} withTableBorder={false} verticalSpacing={4}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{text.event}</Table.Th>
            <Table.Th>{text.account}</Table.Th>
            <Table.Th ta="end">{text.amount}</Table.Th>
            <Table.Th ta="end">{text.postedAfter}</Table.Th>
            <Table.Th ta="end">{text.heldAfter}</Table.Th>
            <Table.Th ta="end">{text.version}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {events.slice(0, EVENTS_MAX).map(({ index, type, account, amount, postedAfter, heldAfter, version }) => (
            <Table.Tr key={index}>
              <Table.Td>{type}</Table.Td>
              <Table.Td>
                {account === undefined ? null : (
                  <Anchor component={Link} to={paths.account(ledger, account)} inherit>
                    {account}
                  </Anchor>
                )}
              </Table.Td>
              <Table.Td ta="end">{amount === undefined ? null : <Money amount={amount} signed />}</Table.Td>
              <Table.Td ta="end">{postedAfter === undefined ? null : <Money amount={postedAfter} />}</Table.Td>
              <Table.Td ta="end">{heldAfter === undefined ? null : <Money amount={heldAfter} />}</Table.Td>
              <Table.Td ta="end">{version}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

/** What a record is in full: its ids, its events, its JSON. */
export function RecordDetail({ ledger, record }: { ledger: string; record: LedgerRecord }) {
  const may = useMay();
  const { position, events, correlationId, causationId, transactionId, epoch, effectiveAt, recordedAt } = record;
  return (
    <Stack gap="xs" p="xs">
      <Group gap="md" className={classes['ids'] ?? ''}>
        <Text size="sm" component="div">
          {text.correlationId} <Id value={correlationId} label={strings.copy(text.correlationId)} />
        </Text>
        <Text size="sm" component="div">
          {text.causationId} <Id value={causationId} label={strings.copy(text.causationId)} />
        </Text>
        {effectiveAt === recordedAt ? null : (
          <Text size="sm">
            {text.effectiveAt} <Time at={effectiveAt} precision="micro" />
          </Text>
        )}
        <Text size="sm">
          {text.epoch} {epoch}
        </Text>
        {transactionId === undefined ? null : (
          <Anchor component={Link} size="sm" to={paths.transaction(ledger, transactionId)}>
            {strings.transaction}
          </Anchor>
        )}
        {may('listAudit') ? (
          <Anchor component={Link} size="sm" to={paths.audit({ requestId: causationId })}>
            {strings.audit}
          </Anchor>
        ) : null}
      </Group>
      <Events ledger={ledger} record={record} />
      {events.length > EVENTS_MAX ? <Text size="sm">{strings.firstEvents(EVENTS_MAX, events.length)}</Text> : null}
      <JsonView label={strings.json(position)} text={JSON.stringify(record)} fileName={`${ledger}-record-${position}.json`} />
    </Stack>
  );
}
