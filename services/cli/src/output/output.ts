import Table from 'cli-table3';

export interface Streams {
  out: NodeJS.WritableStream;
  error: NodeJS.WritableStream & { isTTY?: boolean };
}

/** A column of a table: its title, and how a row fills it. `isNumber` aligns it to the right. */
export interface Column<T> {
  title: string;
  of: (row: T) => unknown;
  isNumber?: boolean;
}

const PLAIN = Object.fromEntries(
  [
    'top',
    'top-mid',
    'top-left',
    'top-right',
    'bottom',
    'bottom-mid',
    'bottom-left',
    'bottom-right',
    'left',
    'left-mid',
    'mid',
    'mid-mid',
    'right',
    'right-mid',
  ].map((name) => [name, '']),
);
/** Rows of a table are held in memory for its widths. */
export const ROWS_MAX = 10_000;

/** Text from a ledger may hold what a terminal would obey. */
// eslint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

export function shown(value: unknown): string {
  if (value === null || value === undefined) return '–';
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value as string | number | boolean);
  return text.replaceAll(CONTROL, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

const style = { head: [], border: [], compact: true, 'padding-left': 0, 'padding-right': 0 };

function tableOf<T>(columns: readonly Column<T>[], rows: readonly T[]): string {
  const table = new Table({
    head: columns.map(({ title }) => title),
    chars: { ...PLAIN, middle: '  ' },
    colAligns: columns.map(({ isNumber }) => (isNumber === true ? 'right' : 'left')),
    style,
  });
  for (const row of rows) table.push(columns.map(({ of }) => shown(of(row))));
  return `${trimmed(table.toString())}\n`;
}

const trimmed = (text: string): string => text.replaceAll(/ +$/gm, '');

/** Where results go: tables for people, a line of JSON for each thing for programs. */
export class Output {
  private readonly streams: Streams;
  readonly isJson: boolean;

  constructor(streams: Streams, isJson: boolean) {
    this.streams = streams;
    this.isJson = isJson;
  }

  /** One thing: its members below each other. */
  one(value: object): Promise<void> {
    if (this.isJson) return this.line(value);
    const table = new Table({ chars: { ...PLAIN, middle: '  ' }, style });
    for (const [name, member] of Object.entries(value)) table.push([name, shown(member)]);
    return this.write(`${trimmed(table.toString())}\n`);
  }

  /** Many things. As JSON each is written when it comes. */
  async many<T extends object>(columns: readonly Column<T>[], rows: AsyncIterable<T> | Iterable<T>): Promise<number> {
    let count = 0;
    const kept: T[] = [];
    for await (const row of rows) {
      count += 1;
      if (this.isJson) await this.line(row);
      else kept.push(row);
    }
    if (!this.isJson) await this.write(tableOf(columns, kept));
    return count;
  }

  /** Something that goes on: a line each, at once, below a heading. A column is as wide as its widest text so far. */
  async stream<T extends object>(columns: readonly Column<T>[], rows: AsyncIterable<T>): Promise<void> {
    const widths = columns.map(() => 0);
    const lineOf = (cells: readonly string[]): string => {
      const padded = cells.map((cell, i) => {
        const width = (widths[i] = Math.max(widths[i] ?? 0, cell.length));
        return columns[i]?.isNumber === true ? cell.padStart(width) : cell.padEnd(width);
      });
      return `${padded.join('  ').trimEnd()}\n`;
    };
    const heading = lineOf(columns.map(({ title }) => title));
    let isBegun = false;
    for await (const row of rows) {
      if (this.isJson) await this.line(row);
      else await this.write((isBegun ? '' : heading) + lineOf(columns.map(({ of }) => shown(of(row)))));
      isBegun = true;
    }
  }

  /** For people only; programs find it in the result or in the exit code. */
  note(text: string): void {
    if (!this.isJson) this.streams.error.write(`${text}\n`);
  }

  /** That a list goes on: in words, for a program as JSON. */
  more(text: string): void {
    this.streams.error.write(`${this.isJson ? JSON.stringify({ hasMore: true }) : text}\n`);
  }

  line(value: object): Promise<void> {
    return this.write(`${JSON.stringify(value)}\n`);
  }

  /** Waits for a reader that is slow. */
  write(text: string): Promise<void> {
    return new Promise((resolve, reject) => this.streams.out.write(text, (error) => (error ? reject(error) : resolve())));
  }
}
