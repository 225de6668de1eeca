import { Alert, Anchor, Text } from '@mantine/core';
import { type Account, LedgerFlowProblem } from '@ledgerflow/client';
import { useHeld } from '../../../api/held.ts';
import { HeldNotice } from '../../../ui/held/index.ts';
import { Problem } from '../../../ui/problem/index.ts';
import { formatInstant, useZone } from '../../../ui/time/index.ts';
import { strings } from '../strings.ts';
import { Comparison } from './comparison.tsx';
import type { MomentChange } from './moment.ts';
import { type useThen, useOpenedAt } from './queries.ts';

const text = strings.travel;

export interface ThenProps {
  ledger: string;
  now: Account;
  onMoment: (change: MomentChange) => void;
  isThen: boolean;
  past: ReturnType<typeof useThen>;
}

const isCode = (error: unknown, code: string): boolean => error instanceof LedgerFlowProblem && error.code === code;

/** What the account was, or why there is nothing to see. */
export function Then({ ledger, now, onMoment, isThen, past: { error, data, isPlaceholderData, refetch } }: ThenProps) {
  const openedAt = useOpenedAt(ledger, now.id);
  const held = useHeld(ledger, data);
  const zone = useZone();
  if (!isThen)
    return (
      <Text size="sm" c="dimmed">
        {text.pick}
      </Text>
    );
  if (isCode(error, 'account_not_found'))
    return (
      <Alert color="cyan" title={text.notOpen}>
        {openedAt === null ? null : (
          <Text size="sm">
            {text.notOpenDetail(formatInstant(openedAt, zone, 'micro'))}{' '}
            <Anchor component="button" inherit onClick={() => onMoment({ at: openedAt })}>
              {text.goOpen}
            </Anchor>
          </Text>
        )}
      </Alert>
    );
  if (isCode(error, 'time_in_future'))
    return (
      <Alert color="cyan" title={text.future}>
        <Text size="sm">
          {text.futureDetail(formatInstant(now.asOf, zone, 'micro'))}{' '}
          <Anchor component="button" inherit onClick={() => onMoment({ at: null, effectiveAt: null })}>
            {text.goNow}
          </Anchor>
        </Text>
      </Alert>
    );
  if (error !== null) return <Problem error={error} onRetry={() => void refetch()} />;
  return (
    <>
      <HeldNotice held={held} />
      <Comparison then={data ?? null} now={now} isAsking={data === undefined || isPlaceholderData} />
    </>
  );
}
