import type { LedgerRecord } from '@ledgerflow/client';
import { Table, useMatches } from '@mantine/core';
import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { useLayoutEffect, useRef, useState } from 'react';
import { RecordDetail } from './record-detail.tsx';
import { RecordRow } from './record-row.tsx';
import { strings } from './strings.ts';
import classes from './events.module.css';

const ROW_HEIGHT = 36;
/** Of two lines. */
const NARROW_ROW_HEIGHT = 48;
const OVERSCAN = 8;
/** As many as the style sheet leaves. */
const COLUMNS = { base: 3, sm: 5, lg: 6 };
const text = strings.columns;

export interface RecordListProps {
  ledger: string;
  /** The account that is followed: amounts are its own. */
  account: string | null;
  /** Oldest first; shown the other way round. */
  records: readonly LedgerRecord[];
  opened: ReadonlySet<string>;
  onToggle: (position: string) => void;
  /** Whether the keyboard is within. */
  onInside: (isInside: boolean) => void;
}

const Filler = ({ height }: { height: number }) =>
  height <= 0 ? null : (
    <tbody aria-hidden="true">
      <tr>
        <td className={classes['filler']} style={{ height }} />
      </tr>
    </tbody>
  );

/** Of the records only those in sight are in the document; an open one has its own height. */
export function RecordList({ ledger, account, records, opened, onToggle, onInside }: RecordListProps) {
  const columns = useMatches(COLUMNS, { getInitialValueInEffect: false });
  const isNarrow = columns === COLUMNS.base;
  const head = useRef<HTMLTableSectionElement>(null);
  const [offset, setOffset] = useState(0);
  useLayoutEffect(() => {
    setOffset((head.current?.getBoundingClientRect().bottom ?? 0) + window.scrollY);
  }, []);
  const recordAt = (index: number): LedgerRecord => records[records.length - 1 - index] as LedgerRecord;
  const virtualizer = useWindowVirtualizer({
    count: records.length,
    estimateSize: () => (isNarrow ? NARROW_ROW_HEIGHT : ROW_HEIGHT),
    getItemKey: (index) => recordAt(index).position,
    overscan: OVERSCAN,
    scrollMargin: offset,
  });
  const items = virtualizer.getVirtualItems();
  const before = (items[0]?.start ?? offset) - offset;
  const after = virtualizer.getTotalSize() - ((items.at(-1)?.end ?? offset) - offset);
  return (
    <Table
      className={classes['table'] ?? ''}
      aria-label={strings.title}
      aria-rowcount={records.length + 1}
      onFocus={() => onInside(true)}
      onBlur={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget)) onInside(false);
      }}
    >
      <thead ref={head}>
        <tr aria-rowindex={1}>
          <th className={classes['position']} aria-label={text.position}>
            {isNarrow ? null : text.position}
          </th>
          <th className={classes['time']}>{text.recordedAt}</th>
          <th className={classes['type']}>{text.type}</th>
          <th className={classes['what']}>{text.what}</th>
          <th className={classes['amount']}>{text.amount}</th>
          <th className={classes['actor']}>{text.actor}</th>
        </tr>
      </thead>
      <Filler height={before} />
      {items.map(({ index, key }) => {
        const record = recordAt(index);
        const isOpen = opened.has(record.position);
        return (
          <tbody key={key} data-index={index} ref={virtualizer.measureElement} className={classes['record']}>
            <RecordRow
              record={record}
              account={account}
              width={isNarrow ? 'narrow' : columns === COLUMNS.lg ? 'wide' : 'medium'}
              isOpen={isOpen}
              rowIndex={index + 2}
              onToggle={onToggle}
            />
            {isOpen ? (
              <tr>
                <td colSpan={columns} className={classes['detail']}>
                  <RecordDetail ledger={ledger} record={record} />
                </td>
              </tr>
            ) : null}
          </tbody>
        );
      })}
      <Filler height={after} />
    </Table>
  );
}
