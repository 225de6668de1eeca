import { Anchor } from '@mantine/core';
import { Link } from 'react-router';
import { paths } from '../../app/paths.ts';
import { ToneBadge } from '../../ui/badge/index.ts';
import { formatCount } from '../../ui/count/index.ts';
import { type Column, OneLine } from '../../ui/table/index.ts';
import { Time } from '../../ui/time/index.ts';
import type { Letter } from './letter.ts';
import { strings } from './strings.ts';

export const StateBadge = ({ state }: Pick<Letter, 'state'>) => (
  <ToneBadge tone={state === 'refused' ? 'bad' : 'warn'}>{strings.states[state] ?? state}</ToneBadge>
);

const accountsOf = ({ accounts, accountCount }: Letter): string =>
  accountCount > accounts.length ? `${accounts.join(', ')} ${strings.accountsMore(accountCount - accounts.length)}` : accounts.join(', ');

export const columns: readonly Column<Letter>[] = [
  {
    id: 'position',
    title: strings.record,
    width: '90px',
    narrowWidth: 'auto',
    narrow: ({ parkedAt }) => <Time at={parkedAt} precision="minute" />,
    cell: ({ id, position }) => (
      <Anchor component={Link} to={paths.deadLetter(id)} inherit className="amount">
        {formatCount(position)}
      </Anchor>
    ),
    text: ({ position }) => position,
  },
  { id: 'ledger', title: strings.ledger, width: '120px', cell: ({ ledger }) => <OneLine>{ledger}</OneLine>, text: ({ ledger }) => ledger },
  { id: 'state', title: strings.state, width: '110px', cell: (letter) => <StateBadge {...letter} />, text: ({ state }) => state },
  {
    id: 'error',
    title: strings.error,
    isWideOnly: true,
    cell: ({ error }) => <OneLine>{error ?? strings.waits}</OneLine>,
    text: ({ error }) => error ?? '',
  },
  {
    id: 'projections',
    title: strings.projections,
    width: '150px',
    shownFrom: 'large',
    cell: ({ projections }) => <OneLine>{projections.length === 0 ? '–' : projections.join(', ')}</OneLine>,
    text: ({ projections }) => projections.join(' '),
  },
  {
    id: 'accounts',
    title: strings.accounts,
    width: '130px',
    shownFrom: 'large',
    cell: (letter) => <OneLine>{letter.accountCount === 0 ? '–' : accountsOf(letter)}</OneLine>,
    text: accountsOf,
  },
  {
    id: 'attempts',
    title: strings.attempts,
    width: '90px',
    align: 'right',
    shownFrom: 'large',
    cell: ({ attempts }) => <span className="amount">{attempts}</span>,
    text: ({ attempts }) => String(attempts),
  },
  {
    id: 'parkedAt',
    title: strings.parkedAt,
    width: '170px',
    shownFrom: 'medium',
    cell: ({ parkedAt }) => <Time at={parkedAt} />,
    text: ({ parkedAt }) => parkedAt,
  },
];
