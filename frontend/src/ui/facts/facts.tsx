import { Table } from '@mantine/core';
import type { ReactNode } from 'react';

/** What is known of one thing, a line each; a line without a value is left out. */
export function Facts({ label, rows }: { label: string; rows: readonly (readonly [name: string, value: ReactNode])[] }) {
  return (
    <Table variant="vertical" layout="fixed" aria-label={label}>
      <Table.Tbody>
        {rows.map(([name, value]) =>
          value === null || value === undefined ? null : (
            <Table.Tr key={name}>
              <Table.Th w={{ base: 120, sm: 200 }}>{name}</Table.Th>
              <Table.Td style={{ overflowWrap: 'anywhere' }}>{value}</Table.Td>
            </Table.Tr>
          ),
        )}
      </Table.Tbody>
    </Table>
  );
}
