import { Text } from '@mantine/core';
import { ToneBadge } from '../../ui/badge/index.ts';
import { formatCount } from '../../ui/count/index.ts';
import { type Column, fileColumn, OneLine } from '../../ui/table/index.ts';
import { formatDuration } from '../../ui/time/index.ts';
import { isOpen, type Slot } from './slots.ts';
import { strings } from './strings.ts';

const isWaiting = ({ backlog }: Slot): boolean => backlog !== '0';

const count = (id: 'head' | 'cursor' | 'epoch', title: string): Column<Slot> => ({
  id,
  title,
  align: 'right',
  width: id === 'epoch' ? '70px' : '100px',
  isWideOnly: true,
  cell: (slot) => <span className="amount">{formatCount(slot[id])}</span>,
  text: (slot) => slot[id],
});

export const columns: readonly Column<Slot>[] = [
  {
    id: 'slot',
    title: strings.slot,
    width: '56px',
    cell: ({ slot }) => <span className="amount">{slot}</span>,
    text: ({ slot }) => String(slot),
  },
  {
    id: 'cluster',
    title: strings.cluster,
    width: '75px',
    isWideOnly: true,
    cell: ({ cluster }) => cluster,
    text: ({ cluster }) => cluster,
  },
  {
    id: 'backlog',
    title: strings.backlog,
    align: 'right',
    width: '90px',
    cell: (slot) => (
      <Text component="span" inherit className="amount" {...(isWaiting(slot) ? { fw: 600 } : { c: 'dimmed' })}>
        {formatCount(slot.backlog)}
      </Text>
    ),
    text: ({ backlog }) => backlog,
  },
  {
    id: 'oldest',
    title: strings.oldest,
    align: 'right',
    width: '105px',
    cell: (slot) => (isWaiting(slot) ? <span className="amount">{formatDuration(slot.oldestAgeSeconds)}</span> : '–'),
    text: ({ oldestAgeSeconds }) => String(oldestAgeSeconds),
  },
  {
    id: 'breaker',
    title: strings.breaker,
    width: '100px',
    cell: (slot) => (slot.breaker === null ? strings.unknown : <ToneBadge tone={isOpen(slot) ? 'bad' : 'well'}>{slot.breaker}</ToneBadge>),
    text: ({ breaker }) => breaker ?? '',
  },
  {
    id: 'lease',
    title: strings.lease,
    width: '90px',
    isWideOnly: true,
    cell: ({ isLive }) => <ToneBadge tone={isLive ? 'well' : 'warn'}>{isLive ? strings.live : strings.ended}</ToneBadge>,
    text: ({ isLive }) => String(isLive),
  },
  {
    id: 'holder',
    title: strings.holder,
    isWideOnly: true,
    cell: ({ holder }) => <OneLine className="id">{holder ?? strings.noHolder}</OneLine>,
    text: ({ holder }) => holder ?? '',
  },
  count('epoch', strings.epoch),
  count('head', strings.head),
  count('cursor', strings.cursor),
  {
    id: 'error',
    title: strings.lastError,
    isWideOnly: true,
    cell: ({ lastError, lastErrorAt }) =>
      lastError === null ? strings.noError : <OneLine title={`${lastErrorAt} ${lastError}`}>{lastError}</OneLine>,
    text: ({ lastError }) => lastError ?? '',
  },
];

/** What the table tells by a title is a column of its own in a file. */
export const exported: readonly Column<Slot>[] = [...columns, fileColumn('errorAt', strings.lastErrorAt, ({ lastErrorAt }) => lastErrorAt)];
