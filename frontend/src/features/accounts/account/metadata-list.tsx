import { Table, Text } from '@mantine/core';
import type { Account } from '@ledgerflow/client';
import { Empty } from '../../../ui/states/index.ts';
import { pairsOf } from '../metadata.ts';
import { strings } from '../strings.ts';

const text = strings.metadata;

/** Metadata as it is kept: texts bare, all else as JSON. */
export function Metadata({ account: { metadata } }: { account: Account }) {
  const pairs = pairsOf(metadata);
  if (pairs.length === 0) return <Empty title={text.none} />;
  return (
    <Table layout="fixed" aria-label={text.title}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th w="30%">{text.key}</Table.Th>
          <Table.Th>{text.value}</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {pairs.map(({ id, key, text: value }) => (
          <Table.Tr key={id}>
            <Table.Th scope="row" fw={500}>
              <Text size="sm" className="id">
                {key}
              </Text>
            </Table.Th>
            <Table.Td>
              <Text size="sm" className="id">
                {value}
              </Text>
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
