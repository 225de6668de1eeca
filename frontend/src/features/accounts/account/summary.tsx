import { Card, Text } from '@mantine/core';
import type { Account } from '@ledgerflow/client';
import type { ReactNode } from 'react';
import { formatAmount, Money } from '../../../ui/money/index.ts';
import { Time } from '../../../ui/time/index.ts';
import { strings } from '../strings.ts';
import classes from './summary.module.css';

const text = strings.account;

const Fact = ({ label, children, note, isLarge = false }: { label: string; children: ReactNode; note?: ReactNode; isLarge?: boolean }) => (
  <div>
    <Text component="dt" size="xs" c="dimmed">
      {label}
    </Text>
    <Text component="dd" m={0} size={isLarge ? 'xl' : 'sm'} fw={isLarge ? 700 : 500} lh={1.3}>
      {children}
    </Text>
    {note === undefined ? null : (
      <Text component="dd" m={0} size="xs" c="dimmed">
        {note}
      </Text>
    )}
  </div>
);

function limitsOf({ minBalance, maxBalance }: Account): string {
  if (minBalance === null && maxBalance !== null) return text.limitsUpTo(formatAmount(maxBalance));
  return text.limitsFrom(minBalance === null ? null : formatAmount(minBalance), maxBalance === null ? null : formatAmount(maxBalance));
}

/** What the account has now. */
export function Summary({ account }: { account: Account }) {
  const { posted, held, available, currency, ownerId, version, asOf, asOfPosition } = account;
  return (
    <Card component="section" aria-label={text.available}>
      <dl className={classes['facts']} data-testid="summary">
        <Fact label={text.available} isLarge>
          <Money amount={available} currency={currency} />
        </Fact>
        <Fact label={text.posted} isLarge>
          <Money amount={posted} currency={currency} />
        </Fact>
        <Fact label={text.held} isLarge>
          <Money amount={held} currency={currency} />
        </Fact>
        <Fact label={text.limits}>
          <span className="amount">{limitsOf(account)}</span>
        </Fact>
        <Fact label={text.owner}>{ownerId === null ? '–' : <span className="id">{ownerId}</span>}</Fact>
        <Fact
          label={text.version}
          note={
            <span title={text.position(asOfPosition)}>
              {text.asOf} <Time at={asOf} />
            </span>
          }
        >
          <span className="id">{version}</span>
        </Fact>
      </dl>
    </Card>
  );
}
