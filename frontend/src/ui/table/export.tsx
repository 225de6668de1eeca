import { Button } from '@mantine/core';
import { ArrowDownTrayIcon, StopIcon } from '@heroicons/react/24/outline';
import { notifications } from '@mantine/notifications';
import { useEffect, useRef, useState } from 'react';
import { tell } from '../problem/index.ts';
import { strings } from '../strings.ts';
import { saveFile, toCsv } from './csv.ts';
import type { Column } from './data-table.tsx';

/** Beyond that a spreadsheet is the wrong tool, and the page's memory the wrong place. */
const ROWS_MAX = 100_000;
const SHOWN_EVERY = 1_000;
/** As many as the API gives at once. */
export const EXPORT_PAGE = 1_000;

export interface ExportProps<T> {
  /** The file's name without its ending. */
  name: string;
  columns: readonly Column<T>[];
  /** All rows there are under the filters at hand, not only those in sight. */
  rows: (signal: AbortSignal) => AsyncIterable<T> | Iterable<T>;
}

/** Writes a table as CSV: all of its rows, counted while they come, ended by a second press. */
export function ExportButton<T>({ name, columns, rows }: ExportProps<T>) {
  const [count, setCount] = useState<number | null>(null);
  const running = useRef<AbortController | null>(null);
  useEffect(() => () => running.current?.abort(), []);

  const write = async (): Promise<void> => {
    const control = (running.current = new AbortController());
    const exported = columns.filter(({ text }) => text !== undefined);
    const lines: string[][] = [];
    let isCut = false;
    setCount(0);
    try {
      for await (const row of rows(control.signal)) {
        if (lines.length === ROWS_MAX) {
          isCut = true;
          break;
        }
        lines.push(exported.map(({ text }) => text?.(row) ?? ''));
        if (lines.length % SHOWN_EVERY === 0) setCount(lines.length);
      }
      if (control.signal.aborted) return;
      const titles = exported.map(({ title }) => title);
      saveFile(`${name}.csv`, toCsv(titles, lines), 'text/csv;charset=utf-8');
      notifications.show({
        title: strings.exported(lines.length),
        message: isCut ? strings.exportCut(ROWS_MAX) : `${name}.csv`,
        color: isCut ? 'orange' : 'teal',
      });
    } catch (error) {
      if (control.signal.aborted) return;
      const { title, detail, requestId } = tell(error);
      notifications.show({ title, message: requestId === null ? detail : `${detail} (${requestId})`, color: 'red', autoClose: false });
    } finally {
      running.current = null;
      setCount(null);
    }
  };

  const isRunning = count !== null;
  return (
    <Button
      variant="default"
      leftSection={isRunning ? <StopIcon width={16} /> : <ArrowDownTrayIcon width={16} />}
      onClick={() => (isRunning ? running.current?.abort() : void write())}
    >
      {isRunning ? strings.exportStop(count) : strings.exportCsv}
    </Button>
  );
}
