import { Anchor, Group } from '@mantine/core';
import { Link } from 'react-router';
import { paths } from '../../app/paths.ts';
import { ToneBadge } from '../../ui/badge/index.ts';
import { formatCount } from '../../ui/count/index.ts';
import { Copy } from '../../ui/copy/index.ts';
import { type Column, OneLine } from '../../ui/table/index.ts';
import { Time } from '../../ui/time/index.ts';
import { type Part, type Rebuild, toneOf } from './rebuild.ts';
import { strings } from './strings.ts';

/** Hexadecimal digits; all of them are copied. */
const DIGEST_SHOWN = 12;

export const RebuildState = ({ state }: { state: string }) => <ToneBadge tone={toneOf(state)}>{strings.states[state] ?? state}</ToneBadge>;

const percentOf = ({ percent }: Rebuild): string => `${Math.floor(percent)} %`;

export const rebuildColumns: readonly Column<Rebuild>[] = [
  {
    id: 'projection',
    title: strings.projection,
    narrow: ({ ledger }) => ledger ?? strings.everyLedger,
    cell: ({ id, projection }) => (
      <Anchor component={Link} to={paths.rebuild(id)} inherit truncate="end" display="block" title={projection}>
        {projection === 'all' ? strings.every : projection}
      </Anchor>
    ),
    text: ({ projection }) => projection,
  },
  {
    id: 'ledger',
    title: strings.ledger,
    width: '12%',
    isWideOnly: true,
    cell: ({ ledger }) => <OneLine>{ledger ?? strings.everyLedger}</OneLine>,
    text: ({ ledger }) => ledger ?? '',
  },
  {
    id: 'account',
    title: strings.account,
    width: '10%',
    shownFrom: 'large',
    cell: ({ account }) => <OneLine>{account ?? strings.every}</OneLine>,
    text: ({ account }) => account ?? '',
  },
  {
    id: 'state',
    title: strings.state,
    width: '110px',
    narrowWidth: '128px',
    cell: (rebuild) => <RebuildState {...rebuild} />,
    narrow: ({ requestedAt }) => <Time at={requestedAt} precision="minute" />,
    text: ({ state }) => state,
  },
  {
    id: 'percent',
    title: strings.progress,
    align: 'right',
    width: '85px',
    cell: (rebuild) => <span className="amount">{percentOf(rebuild)}</span>,
    text: ({ percent }) => String(percent),
  },
  {
    id: 'requestedAt',
    title: strings.requestedAt,
    width: '170px',
    shownFrom: 'medium',
    cell: ({ requestedAt }) => <Time at={requestedAt} />,
    text: ({ requestedAt }) => requestedAt,
  },
  {
    id: 'requestedBy',
    title: strings.requestedBy,
    width: '120px',
    shownFrom: 'large',
    cell: ({ requestedBy }) => <OneLine>{requestedBy}</OneLine>,
    text: ({ requestedBy }) => requestedBy,
  },
  {
    id: 'finishedAt',
    title: strings.finishedAt,
    width: '170px',
    shownFrom: 'large',
    cell: ({ finishedAt }) => (finishedAt === null ? '–' : <Time at={finishedAt} />),
    text: ({ finishedAt }) => finishedAt ?? '',
  },
];

export const partColumns: readonly Column<Part>[] = [
  {
    id: 'projection',
    title: strings.projection,
    cell: ({ projection }) => <OneLine>{projection}</OneLine>,
    text: ({ projection }) => projection,
    narrow: ({ ledger }) => ledger ?? strings.unknown,
  },
  {
    id: 'ledger',
    title: strings.ledger,
    width: '22%',
    isWideOnly: true,
    cell: ({ ledger }) => <OneLine>{ledger ?? strings.unknown}</OneLine>,
    text: ({ ledger }) => ledger ?? '',
  },
  {
    id: 'state',
    title: strings.state,
    width: '110px',
    cell: ({ state }) => <ToneBadge tone={toneOf(state)}>{strings.partStates[state] ?? state}</ToneBadge>,
    text: ({ state }) => state,
  },
  {
    id: 'position',
    title: strings.position,
    align: 'right',
    width: '110px',
    narrowWidth: '90px',
    cell: ({ position }) => <span className="amount">{formatCount(position)}</span>,
    text: ({ position }) => position,
  },
  {
    id: 'rows',
    title: strings.rows,
    align: 'right',
    width: '110px',
    shownFrom: 'medium',
    cell: ({ rows }) => <span className="amount">{formatCount(rows)}</span>,
    text: ({ rows }) => String(rows),
  },
  {
    id: 'generation',
    title: strings.generation,
    align: 'right',
    width: '70px',
    shownFrom: 'medium',
    cell: ({ generation }) => <span className="amount">{formatCount(generation)}</span>,
    text: ({ generation }) => String(generation),
  },
  {
    id: 'digest',
    title: strings.digest,
    width: '180px',
    shownFrom: 'large',
    text: ({ digest }) => digest,
    cell: ({ digest }) =>
      digest === '' ? (
        '–'
      ) : (
        <Group gap={4} wrap="nowrap">
          <span className="id">{digest.slice(0, DIGEST_SHOWN)}…</span>
          <Copy value={digest} label={strings.digest} />
        </Group>
      ),
  },
];
