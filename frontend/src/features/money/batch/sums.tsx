import { Group, Text } from '@mantine/core';
import { Money } from '../../../ui/money/index.ts';
import classes from '../money.module.css';
import { strings } from '../strings.ts';
import type { Total } from './totals.ts';

/** How many rows move how much, of each currency. */
export function Sums({ label, totals }: { label: string; totals: readonly Total[] }) {
  if (totals.length === 0) return null;
  const rows = totals.reduce((sum, total) => sum + total.rows, 0);
  return (
    <Group gap="md" role="group" aria-label={label} className={classes['sums'] ?? ''}>
      <Text size="sm">
        {label}: {strings.batch.rows(rows)},
      </Text>
      {totals.map(({ currency, amount, rows: own }) => (
        <Text key={currency} size="sm">
          <Money amount={amount} currency={currency} fw={600} />
          {totals.length === 1 ? null : (
            <Text span c="dimmed">
              {' '}
              {strings.batch.ofRows(own)}
            </Text>
          )}
        </Text>
      ))}
    </Group>
  );
}
