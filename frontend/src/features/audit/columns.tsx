import { Anchor } from '@mantine/core';
import { Link } from 'react-router';
import { ToneBadge } from '../../ui/badge/index.ts';
import { type Column, fileColumn, OneLine } from '../../ui/table/index.ts';
import { Time } from '../../ui/time/index.ts';
import { type Entry, toneOf } from './entry.ts';
import { strings } from './strings.ts';

export const Outcome = ({ entry }: { entry: Entry }) => (
  <ToneBadge tone={toneOf(entry)}>{entry.outcome?.outcome ?? strings.outcomeUnknown}</ToneBadge>
);

export interface Ways {
  open: (id: string) => void;
  placeOf: (entry: Entry) => string | null;
}

export const Target = ({ target, place }: { target: string | null; place: string | null }) => {
  if (target === null) return '–';
  if (place === null) return <OneLine>{target}</OneLine>;
  return (
    <Anchor component={Link} to={place} inherit truncate="end" display="block" title={target}>
      {target}
    </Anchor>
  );
};

export const columns = ({ open, placeOf }: Ways): readonly Column<Entry>[] => [
  {
    id: 'recordedAt',
    title: strings.at,
    width: '165px',
    cell: ({ id, recordedAt }) => (
      <Anchor component="button" type="button" inherit onClick={() => open(id)}>
        <Time at={recordedAt} />
      </Anchor>
    ),
    text: ({ recordedAt }) => recordedAt,
  },
  { id: 'action', title: strings.action, cell: ({ action }) => <OneLine>{action}</OneLine>, text: ({ action }) => action },
  {
    id: 'actor',
    title: strings.actor,
    width: '11%',
    isWideOnly: true,
    cell: ({ actor }) => <OneLine>{actor ?? strings.nobody}</OneLine>,
    text: ({ actor }) => actor ?? '',
  },
  {
    id: 'ledger',
    title: strings.ledger,
    width: '10%',
    isWideOnly: true,
    cell: ({ ledger }) => <OneLine>{ledger ?? '–'}</OneLine>,
    text: ({ ledger }) => ledger ?? '',
  },
  {
    id: 'target',
    title: strings.target,
    width: '13%',
    isWideOnly: true,
    cell: (entry) => <Target target={entry.target} place={placeOf(entry)} />,
    text: ({ target }) => target ?? '',
  },
  {
    id: 'outcome',
    title: strings.outcome,
    width: '112px',
    cell: (entry) => <Outcome entry={entry} />,
    text: ({ outcome }) => outcome?.outcome ?? '',
  },
  {
    id: 'source',
    title: strings.source,
    width: '85px',
    isWideOnly: true,
    cell: ({ source }) => strings.sources[source] ?? source,
    text: ({ source }) => source,
  },
  {
    id: 'requestId',
    title: strings.requestId,
    width: '105px',
    isWideOnly: true,
    cell: ({ requestId }) => (
      <span className="id">
        <OneLine>{requestId}</OneLine>
      </span>
    ),
    text: ({ requestId }) => requestId,
  },
];

/** What the table has no room for. */
export const exported: readonly Column<Entry>[] = [
  ...columns({ open: () => undefined, placeOf: () => null }),
  fileColumn('id', strings.id, ({ id }) => id),
  fileColumn('roles', strings.roles, ({ roles }) => (roles ?? []).join(' ')),
  fileColumn('position', strings.position, ({ position }) => position ?? ''),
  fileColumn('parameters', strings.parameters, ({ parameters }) => JSON.stringify(parameters)),
];
