import type { Ledger } from '@ledgerflow/client';
import Papa from 'papaparse';
import { externalIdFault, readLeg, textFault } from '../intent/command.ts';
import { hasDecimalComma, isPointAmbiguous } from '../../../ui/money-input/index.ts';
import { strings } from '../strings.ts';

export const REQUIRED = ['from', 'to', 'amount', 'currency'] as const;
export const OPTIONAL = ['reference', 'externalId', 'description'] as const;
type Column = (typeof REQUIRED)[number] | (typeof OPTIONAL)[number];
const COLUMNS: readonly Column[] = [...REQUIRED, ...OPTIONAL];

export const ROWS_MAX = 10_000;
export const BYTES_MAX = 8 * 1_024 * 1_024;

/** A row of the file, as it is sent; `fault`: why it is not. */
export interface Row extends Partial<Record<Column, string>> {
  /** In the file, from 1: where an editor shows it. Lines within quotes count. */
  line: number;
  from: string;
  to: string;
  amount: string;
  currency: string;
  fault: string | null;
  /** The line of the first row that is as this one in all it has: no fault, but perhaps not meant. */
  equalTo?: number;
}

export type Parsed = { rows: Row[] } | { fault: string };

const { faults } = strings.batch;
const linesIn = (cells: readonly string[]): number => cells.reduce((lines, cell) => lines + (cell.match(/\r\n|\r|\n/g)?.length ?? 0), 1);

/** The file's columns in its order, or what is wrong with its first row. */
function columnsOf(titles: readonly string[]): Column[] | string {
  const names = titles.map((title) => title.trim());
  const found = names.map((name) => COLUMNS.find((column) => column.toLowerCase() === name.toLowerCase()));
  const unknown = names.filter((_, index) => found[index] === undefined);
  if (unknown.length > 0) return faults.unknown(unknown.map((name) => `"${name}"`).join(', '));
  const columns = found as Column[];
  const twice = columns.filter((column, index) => columns.indexOf(column) !== index);
  if (twice.length > 0) return faults.twice(twice.join(', '));
  const missing = REQUIRED.filter((column) => !columns.includes(column));
  return missing.length > 0 ? faults.missing(missing.join(', ')) : columns;
}

function rowOf(cells: readonly string[], columns: readonly Column[], line: number, ledger: Ledger): Row {
  const given: Partial<Record<Column, string>> = {};
  columns.forEach((column, index) => {
    const text = (cells[index] ?? '').trim();
    if (text !== '') given[column] = text;
  });
  const { from = '', to = '', amount = '', currency = '', ...terms } = given;
  const row: Row = { line, from, to, amount, currency, ...terms, fault: null };
  if (cells.length !== columns.length) return { ...row, fault: faults.cells(cells.length, columns.length) };
  const read = readLeg({ from, to, amount, currency }, 'transfer', {
    ledger,
    zone: 'utc',
    currencyOf: (leg) => (leg.currency === '' ? null : leg.currency),
  });
  const wrong = 'faults' in read ? Object.entries(read.faults) : [];
  for (const [column, text] of Object.entries(terms)) {
    const fault = column === 'externalId' ? externalIdFault(text) : textFault(text);
    if (fault !== null) wrong.push([column, fault]);
  }
  if (wrong.length > 0) return { ...row, fault: wrong.map(([column, fault]) => faults.cell(column, fault)).join(' ') };
  return 'posting' in read ? { ...row, amount: read.posting.amount } : row;
}

/** Somebody who has a comma before the decimals in one row means 1234 by 1.234 in another one: no such row is sent. `written`: the amounts as they are in the file, beside the rows. */
function refuseAmbiguous(rows: readonly Row[], written: readonly string[]): void {
  const witness = rows[written.findIndex(hasDecimalComma)];
  if (witness === undefined) return;
  rows.forEach((row, index) => {
    const amount = written[index] ?? '';
    if (row.fault !== null || !isPointAmbiguous(amount)) return;
    row.amount = amount.trim();
    row.fault = faults.cell('amount', faults.decimalComma(witness.line));
  });
}

/** Rows that are sent, and that no externalId tells from an earlier one. */
function markEqual(rows: readonly Row[]): void {
  const lineOf = new Map<string, number>();
  for (const row of rows) {
    if (row.fault !== null || row.externalId !== undefined) continue;
    const { from, to, amount, currency, reference, description } = row;
    const all = JSON.stringify([from, to, amount, currency, reference, description]);
    const first = lineOf.get(all);
    if (first === undefined) lineOf.set(all, row.line);
    else row.equalTo = first;
  }
}

/** All rows of a CSV file, those that are wrong with why; a fault when it is no such file at all. */
export function parseRows(text: string, ledger: Ledger): Parsed {
  const { data, errors } = Papa.parse<string[]>(text.replace(/^\uFEFF/, ''), { skipEmptyLines: false });
  const quotes = new Set(errors.filter(({ type }) => type === 'Quotes').map(({ row }) => row));
  const [titles, ...body] = data;
  if (titles === undefined || titles.join('').trim() === '') return { fault: faults.empty };
  const columns = columnsOf(titles);
  if (typeof columns === 'string') return { fault: columns };
  const rows: Row[] = [];
  const written: string[] = [];
  const amountAt = columns.indexOf('amount');
  const lineOf = new Map<string, number>();
  let line = 1 + linesIn(titles);
  for (const [index, cells] of body.entries()) {
    const here = line;
    line += linesIn(cells);
    if (cells.join('').trim() === '') continue;
    if (rows.length === ROWS_MAX) return { fault: faults.many(ROWS_MAX) };
    const row = rowOf(cells, columns, here, ledger);
    const { externalId } = row;
    const earlier = externalId === undefined ? undefined : lineOf.get(externalId);
    if (quotes.has(index + 1)) row.fault = faults.quotes;
    else if (earlier !== undefined) row.fault ??= faults.externalIdTwice(earlier);
    else if (externalId !== undefined) lineOf.set(externalId, here);
    rows.push(row);
    written.push(cells[amountAt] ?? '');
  }
  refuseAmbiguous(rows, written);
  markEqual(rows);
  return rows.length === 0 ? { fault: faults.empty } : { rows };
}

/** A file's text; a fault when it is none. */
export async function textOf(file: Blob): Promise<{ text: string } | { fault: string }> {
  if (file.size > BYTES_MAX) return { fault: faults.large };
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(await file.arrayBuffer()) };
  } catch {
    return { fault: faults.encoding };
  }
}
