import { Anchor, Text } from '@mantine/core';
import { ArrowRightIcon } from '@heroicons/react/24/outline';
import type { Transaction } from '@ledgerflow/client';
import { Link } from 'react-router';
import { paths } from '../../app/paths.ts';
import { Money } from '../../ui/money/index.ts';
import { typeWord } from '../../ui/record-type/index.ts';
import { type Column, fileColumn } from '../../ui/table/index.ts';
import { Time } from '../../ui/time/index.ts';
import { type Moved, movedOf, sidesOf } from './movement.ts';
import { strings } from './strings.ts';
import classes from './transactions.module.css';

const text = strings.columns;

/** One account by its link, more by their number. */
function Side({ ledger, accounts }: { ledger: string; accounts: readonly string[] }) {
  const [only] = accounts;
  if (accounts.length !== 1 || only === undefined) return <span title={accounts.join(', ')}>{strings.accounts(accounts.length)}</span>;
  return (
    <Anchor component={Link} to={paths.account(ledger, only)} inherit title={only} className={classes['account'] ?? ''}>
      {only}
    </Anchor>
  );
}

const Sides = ({ ledger, entries }: { ledger: string; entries: Transaction['entries'] }) => {
  const { from, to } = sidesOf(entries);
  return (
    <span className={classes['sides']}>
      <Side ledger={ledger} accounts={from} />
      <ArrowRightIcon width={12} className={classes['arrow'] ?? ''} role="img" aria-label={strings.to} />
      <Side ledger={ledger} accounts={to} />
    </span>
  );
};

const Itself = ({ ledger, id }: { ledger: string; id: string }) => (
  <Anchor component={Link} to={paths.transaction(ledger, id)} inherit className="id">
    {id}
  </Anchor>
);

/** The first, and how many more there are. */
function Amounts({ moved, isSigned }: { moved: readonly Moved[]; isSigned: boolean }) {
  const [first] = moved;
  if (first === undefined) return null;
  return (
    <span title={moved.map(({ amount, currency }) => `${amount} ${currency}`).join(', ')}>
      <Money amount={first.amount} currency={first.currency} signed={isSigned} />
      {moved.length > 1 ? ` +${moved.length - 1}` : ''}
    </span>
  );
}

/** `account`: seen from this one, so that its amounts have a sign. */
export function columnsOf(ledger: string, account: string | null): Column<Transaction>[] {
  return [
    {
      id: 'id',
      title: text.id,
      width: '5.5rem',
      isWideOnly: true,
      cell: ({ id }) => <Itself ledger={ledger} id={id} />,
    },
    { id: 'recordedAt', title: text.recordedAt, width: '10.75rem', isWideOnly: true, cell: ({ recordedAt }) => <Time at={recordedAt} /> },
    { id: 'type', title: text.type, width: '7.5rem', shownFrom: 'medium', cell: ({ type }) => <span title={type}>{typeWord(type)}</span> },
    {
      id: 'accounts',
      title: text.accounts,
      cell: ({ entries }) => <Sides ledger={ledger} entries={entries} />,
      narrow: ({ id, recordedAt }) => (
        <>
          <Itself ledger={ledger} id={id} /> · <Time at={recordedAt} />
        </>
      ),
    },
    {
      id: 'reference',
      title: text.reference,
      shownFrom: 'large',
      cell: ({ reference, description }) => (
        <Text component="div" inherit truncate title={reference ?? description ?? ''}>
          {reference ?? description}
        </Text>
      ),
    },
    {
      id: 'amount',
      title: text.amount,
      align: 'right',
      width: '9rem',
      narrowWidth: '8rem',
      cell: ({ entries }) => <Amounts moved={movedOf(entries, account)} isSigned={account !== null} />,
    },
  ];
}

/** What a file has of a transaction: all that it is, sides and amounts of several with a space between. */
export function exportColumnsOf(account: string | null): Column<Transaction>[] {
  const column = (id: keyof typeof text, of: (row: Transaction) => string | null) => fileColumn(id, text[id], of);
  const moved = ({ entries }: Transaction): Moved[] => movedOf(entries, account);
  return [
    column('id', ({ id }) => id),
    column('recordedAt', ({ recordedAt }) => recordedAt),
    column('effectiveAt', ({ effectiveAt }) => effectiveAt),
    column('type', ({ type }) => type),
    column('from', ({ entries }) => sidesOf(entries).from.join(' ')),
    column('to', ({ entries }) => sidesOf(entries).to.join(' ')),
    column('amount', (row) =>
      moved(row)
        .map(({ amount }) => amount)
        .join(' '),
    ),
    column('currency', (row) =>
      moved(row)
        .map(({ currency }) => currency)
        .join(' '),
    ),
    column('reference', ({ reference }) => reference),
    column('description', ({ description }) => description),
    column('externalId', ({ externalId }) => externalId),
    column('actor', ({ actor }) => actor),
    column('correlationId', ({ correlationId }) => correlationId),
  ];
}

type Entry = Transaction['entries'][number];
const entryColumn = (id: keyof typeof text, of: (row: Entry) => string) => fileColumn(id, text[id], of);

/** What a file has of a transaction's entries. */
export const entryColumns: readonly Column<Entry>[] = [
  entryColumn('account', ({ account }) => account),
  entryColumn('side', ({ amount }) => (amount.startsWith('-') ? text.debit : text.credit)),
  entryColumn('amount', ({ amount }) => amount),
  entryColumn('currency', ({ currency }) => currency),
  entryColumn('balanceAfter', ({ balanceAfter }) => balanceAfter),
  entryColumn('heldAfter', ({ heldAfter }) => heldAfter),
  entryColumn('version', ({ version }) => version),
];
