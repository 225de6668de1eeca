import { Anchor, Card, Group, SimpleGrid, Stack, Table, Text, Title } from '@mantine/core';
import type { LedgerRecord, Transaction } from '@ledgerflow/client';
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { useMay } from '../../api/session.ts';
import { paths } from '../../app/paths.ts';
import { Id } from '../../ui/copy/index.ts';
import { Facts } from '../../ui/facts/index.ts';
import { JsonView } from '../../ui/json/index.ts';
import { Money } from '../../ui/money/index.ts';
import { typeWord } from '../../ui/record-type/index.ts';
import { Answered } from '../../ui/states/index.ts';
import { ExportButton } from '../../ui/table/index.ts';
import { Time } from '../../ui/time/index.ts';
import { entryColumns } from './columns.tsx';
import { movedOf } from './movement.ts';
import { useRecord } from './queries.ts';
import { strings } from './strings.ts';

const text = strings.columns;

type Fact = readonly [title: string, value: ReactNode];

const Part = ({ title, about, action, children }: { title: string; about?: string; action?: ReactNode; children: ReactNode }) => (
  <Card component="section" aria-label={title}>
    <Group justify="space-between" mb={about === undefined ? 'sm' : 0}>
      <Title order={2}>{title}</Title>
      {action}
    </Group>
    {about === undefined ? null : (
      <Text size="sm" c="dimmed" mb="sm">
        {about}
      </Text>
    )}
    {children}
  </Card>
);

const copied = (title: string, value: string): Fact => [title, <Id key={title} value={value} label={strings.copy(title)} />];
const optional = (title: string, value: string | null): Fact => (value === null ? [title, null] : copied(title, value));

function Entries({ ledger, entries }: { ledger: string; entries: Transaction['entries'] }) {
  return (
    <Table.ScrollContainer minWidth={300} type="native" tabIndex={0} aria-label={strings.entries}>
      <Table>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{text.account}</Table.Th>
            <Table.Th visibleFrom="sm">{text.side}</Table.Th>
            <Table.Th ta="end">{text.amount}</Table.Th>
            <Table.Th ta="end">{text.balanceAfter}</Table.Th>
            <Table.Th ta="end" visibleFrom="sm">
              {text.heldAfter}
            </Table.Th>
            <Table.Th ta="end" visibleFrom="sm">
              {text.version}
            </Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {entries.map(({ account, currency, amount, balanceAfter, heldAfter, version }) => (
            <Table.Tr key={`${account} ${version}`}>
              <Table.Td>
                <Anchor component={Link} to={paths.account(ledger, account)} inherit>
                  {account}
                </Anchor>
              </Table.Td>
              <Table.Td visibleFrom="sm">{amount.startsWith('-') ? text.debit : text.credit}</Table.Td>
              <Table.Td ta="end">
                <Money amount={amount} currency={currency} signed />
              </Table.Td>
              <Table.Td ta="end">
                <Money amount={balanceAfter} currency={currency} />
              </Table.Td>
              <Table.Td ta="end" visibleFrom="sm">
                <Money amount={heldAfter} currency={currency} />
              </Table.Td>
              <Table.Td ta="end" visibleFrom="sm">
                {version}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

function Effective({ effectiveAt, recordedAt }: Pick<Transaction, 'effectiveAt' | 'recordedAt'>) {
  return (
    <>
      <Time at={effectiveAt} precision="micro" />
      {effectiveAt === recordedAt ? null : (
        <Text span size="sm" c="dimmed">
          {' '}
          {strings.otherTime}
        </Text>
      )}
    </>
  );
}

/** Who asked for it, and under which ids. What the record alone knows comes when it is there. */
function Origin({ ledger, transaction, record }: { ledger: string; transaction: Transaction; record: LedgerRecord | undefined }) {
  const may = useMay();
  const { actor, correlationId, externalId } = transaction;
  return (
    <Part title={strings.origin}>
      <Facts
        label={strings.origin}
        rows={[
          copied(text.actor, actor),
          copied(text.correlationId, correlationId),
          optional(strings.requestId, record?.causationId ?? null),
          optional(text.externalId, externalId),
        ]}
      />
      <Text size="sm" c="dimmed" mt="xs">
        {strings.noKey}
      </Text>
      <Group gap="md" mt="xs">
        <Anchor component={Link} size="sm" to={paths.events(ledger, { actor })}>
          {strings.byActor}
        </Anchor>
        {record !== undefined && may('listAudit') ? (
          <Anchor component={Link} size="sm" to={paths.audit({ requestId: record.causationId })}>
            {strings.audit}
          </Anchor>
        ) : null}
      </Group>
    </Part>
  );
}

/** Transactions of one record have ids of it: those beside this one. */
function siblingsOf(record: LedgerRecord, id: string): string[] {
  const ids = record.events.map(({ data }) => (data as { transactionId?: unknown }).transactionId);
  return [...new Set(ids.filter((one) => typeof one === 'string'))].filter((one) => one !== id);
}

const Batch = ({ ledger, ids }: { ledger: string; ids: readonly string[] }) => (
  <Part title={strings.inBatch}>
    <Group gap="xs">
      {ids.map((id) => (
        <Anchor key={id} component={Link} to={paths.transaction(ledger, id)} size="sm" className="id">
          {id}
        </Anchor>
      ))}
    </Group>
  </Part>
);

export function Detail({ ledger, transaction }: { ledger: string; transaction: Transaction }) {
  const { position, type, recordedAt, effectiveAt, reference, description, metadata, entries } = transaction;
  const query = useRecord(ledger, position);
  const record = query.data?.data[0];
  const siblings = record === undefined ? [] : siblingsOf(record, transaction.id);
  const hasMetadata = metadata !== null && Object.keys(metadata).length > 0;
  return (
    <Stack gap="md">
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing="md">
        <Part title={strings.facts}>
          <Facts
            label={strings.facts}
            rows={[
              copied(text.id, transaction.id),
              [text.type, strings.typeOf(typeWord(type), type)],
              [
                text.amount,
                <Group key="amount" gap="sm">
                  {movedOf(entries).map(({ currency, amount }) => (
                    <Money key={currency} amount={amount} currency={currency} fw={600} />
                  ))}
                </Group>,
              ],
              [text.recordedAt, <Time key="recorded" at={recordedAt} precision="micro" />],
              [text.effectiveAt, <Effective key="effective" effectiveAt={effectiveAt} recordedAt={recordedAt} />],
              optional(text.reference, reference),
              [text.description, description],
              copied(strings.position, position),
              [strings.epoch, record?.epoch],
            ]}
          />
        </Part>
        <Origin ledger={ledger} transaction={transaction} record={record} />
      </SimpleGrid>
      <Part
        title={strings.entries}
        about={strings.entriesAbout}
        action={<ExportButton name={`transaction-${transaction.id}`} columns={entryColumns} rows={() => entries} />}
      >
        <Entries ledger={ledger} entries={entries} />
      </Part>
      {siblings.length === 0 ? null : <Batch ledger={ledger} ids={siblings} />}
      <Part title={strings.metadata}>
        {hasMetadata ? (
          <JsonView
            text={JSON.stringify(metadata)}
            label={strings.asJson(strings.metadata)}
            fileName={`${ledger}-${transaction.id}-metadata.json`}
          />
        ) : (
          <Text size="sm" c="dimmed">
            {strings.noMetadata}
          </Text>
        )}
      </Part>
      <Part title={strings.record} about={strings.recordAbout}>
        <Answered query={query}>
          {() =>
            record === undefined ? null : (
              <JsonView
                text={JSON.stringify(record)}
                label={strings.asJson(strings.record)}
                fileName={`${ledger}-record-${position}.json`}
              />
            )
          }
        </Answered>
      </Part>
    </Stack>
  );
}
