import { Anchor, Group, Text } from '@mantine/core';
import { Link } from 'react-router';
import { paths } from '../../app/paths.ts';
import { ToneBadge } from '../../ui/badge/index.ts';
import { formatCount } from '../../ui/count/index.ts';
import { type Column, fileColumn, OneLine } from '../../ui/table/index.ts';
import { formatDuration } from '../../ui/time/index.ts';
import { keyOf, type Projection, standing } from './projection.ts';
import { strings } from './strings.ts';

export const lagOf = ({ lagSeconds }: Projection): string => (lagSeconds === null ? strings.unknown : formatDuration(lagSeconds));

export const Standing = ({ projection }: { projection: Projection }) => {
  const { tone, word } = standing(projection);
  const { rebuild } = projection;
  return (
    <Group gap={4} wrap="nowrap">
      <ToneBadge tone={tone}>{word}</ToneBadge>
      {rebuild?.id === undefined ? null : (
        <Anchor component={Link} to={paths.rebuild(rebuild.id)} size="sm">
          {strings.rebuilding}
        </Anchor>
      )}
    </Group>
  );
};

const number = (
  id: 'parkedAccounts' | 'deadLetters' | 'divergences' | 'generation',
  title: string,
  width: string,
  shownFrom: 'medium' | 'large',
): Column<Projection> => ({
  id,
  title,
  align: 'right',
  width,
  shownFrom,
  cell: (row) => (
    <Text component="span" inherit className="amount" {...(row[id] === 0 ? { c: 'dimmed' } : {})}>
      {row[id] === null ? '–' : formatCount(row[id])}
    </Text>
  ),
  text: (row) => (row[id] === null ? '' : String(row[id])),
});

/** Of the longest name there is. */
const NAME_WIDTH = '170px';

/** onOpen: shows all of a row, for those who have no mouse. */
export const columns = (onOpen: (key: string) => void): readonly Column<Projection>[] => [
  {
    id: 'ledger',
    title: strings.ledger,
    isWideOnly: true,
    cell: ({ ledger }) => <OneLine>{ledger}</OneLine>,
    text: ({ ledger }) => ledger,
  },
  {
    id: 'projection',
    title: strings.projection,
    width: NAME_WIDTH,
    narrowWidth: 'auto',
    narrow: ({ ledger }) => ledger,
    cell: (row) => (
      <Anchor
        component="button"
        type="button"
        inherit
        ta="start"
        truncate="end"
        display="block"
        maw="100%"
        title={row.projection}
        onClick={() => onOpen(keyOf(row))}
      >
        {row.projection}
      </Anchor>
    ),
    text: ({ projection }) => projection,
  },
  {
    id: 'state',
    title: strings.state,
    width: '135px',
    narrowWidth: '115px',
    cell: (projection) => <Standing projection={projection} />,
    text: (projection) => standing(projection).word,
  },
  {
    id: 'lagRecords',
    title: strings.lagRecords,
    align: 'right',
    width: '70px',
    cell: ({ lagRecords }) => <span className="amount">{lagRecords === null ? strings.unknown : formatCount(lagRecords)}</span>,
    text: ({ lagRecords }) => lagRecords ?? '',
  },
  {
    id: 'lagSeconds',
    title: strings.lagSeconds,
    align: 'right',
    width: '85px',
    shownFrom: 'medium',
    cell: (row) => <span className="amount">{lagOf(row)}</span>,
    text: ({ lagSeconds }) => (lagSeconds === null ? '' : String(lagSeconds)),
  },
  {
    id: 'position',
    title: strings.ofHead,
    align: 'right',
    width: '155px',
    shownFrom: 'large',
    cell: ({ position, headPosition }) => (
      <span className="amount">
        {formatCount(position)} / {headPosition === null ? '?' : formatCount(headPosition)}
      </span>
    ),
    text: ({ position }) => position,
  },
  number('generation', strings.generation, '60px', 'large'),
  number('parkedAccounts', strings.parked, '75px', 'large'),
  number('deadLetters', strings.letters, '75px', 'medium'),
  number('divergences', strings.diverged, '90px', 'medium'),
];

/** What the table has no room for. */
export const exported: readonly Column<Projection>[] = [
  ...columns(() => undefined),
  fileColumn('head', strings.head, ({ headPosition }) => headPosition),
  fileColumn('recordedAt', strings.recordedAt, ({ recordedAt }) => recordedAt),
  fileColumn('rows', strings.rows, ({ rows }) => rows),
  fileColumn('heldReason', strings.heldReason, ({ heldReason }) => heldReason),
  fileColumn('heldSince', strings.heldSince, ({ heldSince }) => heldSince),
  fileColumn('stoppedReason', strings.stoppedReason, ({ stoppedReason }) => stoppedReason),
  fileColumn('rebuild', strings.rebuild, ({ rebuild }) => rebuild?.id ?? null),
];
