import { LedgerFlowProblem } from '@ledgerflow/client';
import { Group, Skeleton, Text } from '@mantine/core';
import { ExclamationTriangleIcon } from '@heroicons/react/24/outline';
import { formatAmount, Money } from '../../../ui/money/index.ts';
import { AccountStatus } from '../../accounts/shared.tsx';
import classes from '../money.module.css';
import type { AccountQuery } from '../queries.ts';
import { strings } from '../strings.ts';

/** What an account has now, below the field that chose it. */
export function Balance({ query }: { query: AccountQuery | undefined }) {
  if (query === undefined) return null;
  const { data, error } = query;
  if (data === undefined) {
    if (error === null) return <Skeleton height={18} width={180} mt={6} />;
    const isMissing = error instanceof LedgerFlowProblem && error.status === 404;
    return (
      <Text size="sm" c="var(--mantine-color-error)" mt={4}>
        {isMissing ? strings.noSuchAccount : strings.balanceFailed}
      </Text>
    );
  }
  const { available, currency, minBalance, status, freezeScope, name } = data;
  return (
    <Group gap="xs" mt={4} wrap="wrap">
      <Text size="sm" c="dimmed">
        {strings.available} <Money amount={available} currency={currency} fw={600} />
        {minBalance === null
          ? `, ${strings.unlimited}`
          : /^[0.]+$/.test(minBalance)
            ? ''
            : `, ${strings.minimum(formatAmount(minBalance))}`}
      </Text>
      {status === 'open' ? null : <AccountStatus status={status} freezeScope={freezeScope} />}
      {name === undefined || name === null || name === '' ? null : (
        <Text size="sm" c="dimmed" truncate>
          {name}
        </Text>
      )}
    </Group>
  );
}

export const Beyond = ({ account }: { account: string }) => (
  <Group gap={6} wrap="nowrap" role="status">
    <ExclamationTriangleIcon width={16} className={classes['warning']} aria-hidden />
    <Text size="sm">{strings.beyond(account)}</Text>
  </Group>
);
