import type { ColumnKind, UnreadableValueError } from '@ledgerflow/platform/postgres';
import type { CheckName } from './checks.ts';
import type { Finding } from './differences.ts';

/** Where a row is of, by its first columns; what differs in it is told with that. */
export interface Place {
  check: CheckName;
  what: string;
  /** Columns that have the record's position, the account's number and its id. */
  position?: number;
  account?: number;
  accountId?: number;
}

/**
 * What is read, each by one index in its order: a plan with a sort would hold a whole ledger in memory or on disk (a test explains each of them and sees that there
 * is none). COPY takes no parameters, so the number of the ledger, or of the generation, stands in the text; it is a number, and checked to be one.
 */
export interface Query {
  sql: string;
  names: readonly string[];
  kinds: readonly ColumnKind[];
  isNullable: readonly boolean[];
  place: Place;
}

type Column = readonly [name: string, kind: ColumnKind, nullable?: 'null'];

export const columns = <const T extends readonly Column[]>(list: T): T => list;

export function query(number: number, list: readonly Column[], place: Place, rest: (number: string) => string): Query {
  if (!Number.isSafeInteger(number)) throw new RangeError(`${number} is no number of a ledger or generation`);
  return {
    sql: `select ${list.map(([name]) => name).join(', ')} ${rest(String(number))}`,
    names: list.map(([name]) => name),
    kinds: list.map(([, kind]) => kind),
    isNullable: list.map(([, , nullable]) => nullable === 'null'),
    place,
  };
}

/** A row holds what no LedgerFlow could have written there, and the rows behind it are not read: ends a pass with this difference. */
export class UnreadableRow extends Error {
  override name = 'UnreadableRow';
  readonly finding: Finding;
  /** Of the account concerned, whose id the row may not have. */
  readonly accountNumber: number | null;

  constructor({ names, place }: Query, { message, before }: UnreadableValueError) {
    const at = (column: number | undefined): unknown => (column === undefined ? undefined : before[column]);
    const [position, number, id] = [at(place.position), at(place.account), at(place.accountId)];
    const known = names.slice(0, before.length).map((name, i) => `${name} ${String(before[i])}`);
    const where = known.length === 0 ? '' : ` (${known.slice(0, 3).join(', ')})`;
    const text = `${place.what}${where} has in ${names[before.length]} ${message}; what comes behind it was not read`;
    super(text);
    this.accountNumber = typeof number === 'number' ? number : null;
    this.finding = {
      check: place.check,
      position: typeof position === 'number' ? position : null,
      account: typeof id === 'string' ? id : null,
      message: text,
    };
  }
}
