import { Box, Group, Loader, Table, Text } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { memo, type MouseEvent, type ReactNode, useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { strings } from '../strings.ts';
import classes from './table.module.css';

const ROW_HEIGHT = 44;
const OVERSCAN = 12;
/** Rows before the end at which more are asked for. */
const AHEAD = 60;

export interface Column<T> {
  id: string;
  title: string;
  cell: (row: T, isNarrow: boolean) => ReactNode;
  /** In an export; absent: not exported. */
  text?: (row: T) => string;
  align?: 'right';
  /** CSS width; without one columns share what is left. */
  width?: string;
  /** Where the screen is narrow: in the title's place, of two lines. */
  narrowTitle?: string;
  /** In its place where the screen is narrow; 'auto' shares what is left. */
  narrowWidth?: string;
  /** A second, small line where the screen is narrow: of what else tells the row from others, whose column has no room there. */
  narrow?: (row: T) => ReactNode;
  /** Left out where the screen is narrow. */
  isWideOnly?: boolean;
  /** Left out below 992 px (medium) or 1280 px (large), so that what tells rows apart keeps its room. */
  shownFrom?: 'medium' | 'large';
}

/** A column that only a file has. */
export const fileColumn = <T,>(id: string, title: string, text: (row: T) => string | null | undefined): Column<T> => ({
  id,
  title,
  cell: () => null,
  text: (row) => text(row) ?? '',
});

export interface DataTableProps<T> {
  /** What the table is, for those who do not see it. */
  label: string;
  columns: readonly Column<T>[];
  rows: readonly T[];
  rowKey: (row: T) => string;
  /** Asks for the next rows; null when there are no more. */
  more?: (() => void) | null;
  isLoadingMore?: boolean;
  /** Where a row leads. A row's first cell should be a link as well: that is what a keyboard reaches. */
  onOpen?: (row: T) => void;
  /** Stands below an opened row. */
  isSelected?: (row: T) => boolean;
}

/** As in the style sheet. */
const NARROW = '(max-width: 48em)';

const classOf = <T,>({ align, isWideOnly, shownFrom }: Column<T>): string =>
  [
    align === 'right' ? classes['right'] : '',
    isWideOnly === true ? classes['wide'] : '',
    shownFrom === undefined ? '' : classes[shownFrom],
  ].join(' ');

const widthOf = <T,>({ width, narrowWidth = width }: Column<T>, isNarrow: boolean): { w?: string } => {
  const w = isNarrow ? narrowWidth : width;
  return w === undefined ? {} : { w };
};

/** Rows of one height, of which only those in sight are in the document: a hundred thousand scroll as ten do. The window scrolls, not a box in it. */
export function DataTable<T>({ label, columns, rows, rowKey, more = null, isLoadingMore = false, onOpen, isSelected }: DataTableProps<T>) {
  const isEmpty = rows.length === 0;
  const isNarrow = useMediaQuery(NARROW, false, { getInitialValueInEffect: false });
  const body = useRef<HTMLTableSectionElement>(null);
  const [offset, setOffset] = useState(0);
  useLayoutEffect(() => {
    const measure = (): void => setOffset((body.current?.getBoundingClientRect().top ?? 0) + window.scrollY);
    measure();
    // What stands above may grow or go.
    const observer = new ResizeObserver(measure);
    observer.observe(document.body);
    return () => observer.disconnect();
  }, [isEmpty]);
  const virtualizer = useWindowVirtualizer({
    count: rows.length,
    estimateSize: () => ROW_HEIGHT,
    overscan: OVERSCAN,
    scrollMargin: offset,
  });
  const items = virtualizer.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (more !== null && !isLoadingMore && last >= rows.length - AHEAD) more();
  }, [more, isLoadingMore, last, rows.length]);
  const before = items.length === 0 ? 0 : (items[0]?.start ?? offset) - offset;
  const after = items.length === 0 ? 0 : virtualizer.getTotalSize() - ((items.at(-1)?.end ?? offset) - offset);
  // The same function always, so that a row that stays is not drawn again while the window scrolls.
  const latest = useRef(onOpen);
  useLayoutEffect(() => void (latest.current = onOpen));
  const open = useCallback((row: unknown): void => latest.current?.(row as T), []);
  return (
    <Box>
      <Table className={classes['table'] ?? ''} aria-label={label} aria-rowcount={more === null ? rows.length + 1 : -1}>
        <Table.Thead className={classes['head'] ?? ''}>
          <Table.Tr aria-rowindex={1}>
            {columns.map((column) => (
              <Table.Th key={column.id} className={classOf(column)} {...widthOf(column, isNarrow)}>
                {isNarrow ? (column.narrowTitle ?? column.title) : column.title}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody ref={body}>
          <Filler height={before} />
          {items.map(({ index }) => {
            const row = rows[index] as T;
            return (
              <Row
                key={rowKey(row)}
                row={row}
                index={index}
                columns={columns as readonly Column<unknown>[]}
                isSelected={isSelected?.(row) === true}
                isLink={onOpen !== undefined}
                isNarrow={isNarrow}
                open={open}
              />
            );
          })}
          <Filler height={after} />
        </Table.Tbody>
      </Table>
      {isLoadingMore ? (
        <Group justify="center" p="sm" role="status">
          <Loader size="sm" />
          <Text size="sm" c="dimmed">
            {strings.loadingMore}
          </Text>
        </Group>
      ) : null}
    </Box>
  );
}

interface RowProps {
  row: unknown;
  index: number;
  columns: readonly Column<unknown>[];
  isSelected: boolean;
  isLink: boolean;
  isNarrow: boolean;
  open: (row: unknown) => void;
}

/** A link or a button in a row is pressed for itself. */
const isOfCell = ({ target }: { target: EventTarget }): boolean => target instanceof Element && target.closest('a, button') !== null;

/** Scrolling draws only the rows that come: the others have the same properties as before. */
const Row = memo(function Row({ row, index, columns, isSelected, isLink, isNarrow, open }: RowProps) {
  const onClick = (event: MouseEvent): void => {
    if (!isOfCell(event)) open(row);
  };
  return (
    <Table.Tr
      aria-rowindex={index + 2}
      className={`${classes['row']} ${isLink ? classes['link'] : ''}`}
      {...(isSelected ? { 'data-selected': true, 'aria-selected': true } : {})}
      {...(isLink ? { onClick } : {})}
    >
      {columns.map((column) => (
        <Table.Td key={column.id} className={classOf(column)}>
          {column.cell(row, isNarrow)}
          {isNarrow && column.narrow !== undefined ? <div className={classes['second'] ?? ''}>{column.narrow(row)}</div> : null}
        </Table.Td>
      ))}
    </Table.Tr>
  );
});

/** One cell: a span over columns that a narrow screen leaves out would bring their room back. */
const Filler = ({ height }: { height: number }) =>
  height <= 0 ? null : (
    <tr className={classes['filler'] ?? ''} aria-hidden="true">
      <td style={{ height }} />
    </tr>
  );
