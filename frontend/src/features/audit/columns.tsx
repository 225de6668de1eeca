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

/** What all addresses of the API begin with says nothing. */
const API = /^\/api\/v1(?=\/)/;

export const Target = ({ target, place, isShort = false }: { target: string | null; place: string | null; isShort?: boolean }) => {
  if (target === null) return '–';
  if (place === null) return <OneLine title={target}>{isShort ? target.replace(API, '') : target}</OneLine>;
  return (
    <Anchor component={Link} to={place} inherit truncate="end" display="block" title={target}>
      {target}
    </Anchor>
  );
};

/** What a keyboard reaches of a row. */
const Opener = ({ entry: { id, recordedAt }, open }: { entry: Entry; open: Ways['open'] }) => (
  <Anchor component="button" type="button" inherit onClick={() => open(id)}>
    <Time at={recordedAt} />
  </Anchor>
);

/** The widths of a wide screen leave each outcome whole, and as much of a request id as there is room for. */
const WIDTHS = {
  recordedAt: '165px',
  actor: '8vw',
  ledger: 'max(7.5vw, 72px)',
  target: '12vw',
  outcome: 'clamp(112px, 12.5vw, 160px)',
  source: '80px',
  requestId: 'clamp(100px, (100vw - 1000px) * 0.45, 310px)',
} as const;

const textColumn = (id: 'actor' | 'ledger', title: string, of: (entry: Entry) => string | null, none: string): Column<Entry> => ({
  id,
  title,
  width: WIDTHS[id],
  isWideOnly: true,
  cell: (entry) => <OneLine>{of(entry) ?? none}</OneLine>,
  text: (entry) => of(entry) ?? '',
});

export const columns = ({ open, placeOf }: Ways): readonly Column<Entry>[] => [
  {
    id: 'recordedAt',
    title: strings.at,
    width: WIDTHS.recordedAt,
    isWideOnly: true,
    cell: (entry) => <Opener entry={entry} open={open} />,
    text: ({ recordedAt }) => recordedAt,
  },
  {
    id: 'action',
    title: strings.action,
    cell: ({ action }) => <OneLine>{action}</OneLine>,
    narrow: (entry) => (
      <>
        <Opener entry={entry} open={open} /> · {entry.actor ?? strings.nobody}
      </>
    ),
    text: ({ action }) => action,
  },
  textColumn('actor', strings.actor, ({ actor }) => actor, strings.nobody),
  textColumn('ledger', strings.ledger, ({ ledger }) => ledger, '–'),
  {
    id: 'target',
    title: strings.target,
    width: WIDTHS.target,
    shownFrom: 'large',
    cell: (entry) => <Target target={entry.target} place={placeOf(entry)} isShort />,
    text: ({ target }) => target ?? '',
  },
  {
    id: 'outcome',
    title: strings.outcome,
    width: WIDTHS.outcome,
    cell: (entry) => <Outcome entry={entry} />,
    text: ({ outcome }) => outcome?.outcome ?? '',
  },
  {
    id: 'source',
    title: strings.source,
    width: WIDTHS.source,
    shownFrom: 'large',
    cell: ({ source }) => strings.sources[source] ?? source,
    text: ({ source }) => source,
  },
  {
    id: 'requestId',
    title: strings.requestId,
    width: WIDTHS.requestId,
    shownFrom: 'large',
    cell: ({ requestId }) => <OneLine className="id">{requestId}</OneLine>,
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
