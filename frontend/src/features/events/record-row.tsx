import type { LedgerRecord } from '@ledgerflow/client';
import { ArrowRightIcon, ChevronRightIcon } from '@heroicons/react/24/outline';
import { memo } from 'react';
import { Money } from '../../ui/money/index.ts';
import { Time } from '../../ui/time/index.ts';
import { strings } from './strings.ts';
import { type Summary, summaryOf } from './summary.ts';
import classes from './events.module.css';

const TITLE_ACCOUNTS_MAX = 20;

const side = (accounts: readonly string[]): string => (accounts.length > 2 ? strings.accounts(accounts.length) : accounts.join(', '));

/** Who gave to whom; of what moves no money, what it is about. */
function What({ of: { from, to, about } }: { of: Summary }) {
  if (about.length > 0 || from.length + to.length === 0) return side(about);
  return (
    <>
      {side(from)} <ArrowRightIcon width={12} role="img" aria-label={strings.to} className={classes['arrow'] ?? ''} /> {side(to)}
    </>
  );
}

export interface RecordRowProps {
  record: LedgerRecord;
  account: string | null;
  /** As the style sheet has it: a narrow row has two lines. */
  width: 'narrow' | 'medium' | 'wide';
  isOpen: boolean;
  rowIndex: number;
  onToggle: (position: string) => void;
}

/** Plain elements: at 200 records a second fifty of them are drawn anew four times a second. */
export const RecordRow = memo(function RecordRow({ record, account, width, isOpen, rowIndex, onToggle }: RecordRowProps) {
  const { position, recordedAt, type, actor } = record;
  const summary = summaryOf(record, account);
  const [first, ...others] = summary.moved;
  const isNarrow = width === 'narrow';
  const accounts = [...summary.from, ...summary.to, ...summary.about].slice(0, TITLE_ACCOUNTS_MAX).join(', ');
  return (
    // eslint-disable-next-line jsx-a11y/click-events-have-key-events -- the button in it is what a keyboard reaches
    <tr aria-rowindex={rowIndex} className={classes['row']} onClick={() => onToggle(position)}>
      <td className={classes['position']}>
        <button
          type="button"
          className={classes['toggle']}
          aria-expanded={isOpen}
          aria-label={strings.open(position)}
          onClick={(event) => {
            event.stopPropagation();
            onToggle(position);
          }}
        >
          <ChevronRightIcon width={14} aria-hidden className={isOpen ? (classes['open'] ?? '') : ''} />
          {isNarrow ? null : <span className="id">{position}</span>}
        </button>
      </td>
      <td className={classes['time']}>
        <Time at={recordedAt} precision={width === 'wide' ? 'micro' : 'second'} />
      </td>
      <td className={classes['type']}>
        {type}
        {isNarrow ? (
          <div className={classes['second']} title={accounts}>
            <What of={summary} />
          </div>
        ) : null}
      </td>
      <td className={classes['what']} title={accounts}>
        <What of={summary} />
      </td>
      <td className={classes['amount']}>
        {first === undefined ? null : <Money amount={first.amount} currency={first.currency} signed={account !== null} />}
        {others.length === 0 ? null : ` +${others.length}`}
        {isNarrow ? (
          <div className={classes['second']}>
            <Time at={recordedAt} />
          </div>
        ) : null}
      </td>
      <td className={classes['actor']} title={actor}>
        {actor}
      </td>
    </tr>
  );
});
