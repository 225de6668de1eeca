import type { AccountStatus, EventType, FreezeScope, RecordType } from '@ledgerflow/contracts';
import { EVENT_TYPE_CODES, formatMicros, RECORD_TYPE_CODES } from '@ledgerflow/contracts';
import type { Account } from '../domain/state.ts';

/** How values travel between rows and memory. Arrays are sent as PostgreSQL's array text: one parameter a column, whatever the size of the batch. */

/** Of values that need no quotes: numbers, bigints, uuids, null. */
export function plainArray(values: readonly (number | bigint | string | null)[]): string {
  let text = '{';
  for (let i = 0; i < values.length; i++) text += (i === 0 ? '' : ',') + (values[i] ?? 'NULL');
  return `${text}}`;
}

const SPECIAL = /["\\]/g;

/** Of any text, JSON too. */
export function textArray(values: readonly (string | null)[]): string {
  let text = '{';
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as string | null;
    text += i === 0 ? '' : ',';
    text += value === null ? 'NULL' : `"${value.replace(SPECIAL, '\\$&')}"`;
  }
  return `${text}}`;
}

/** Of bytes given as hex digits. */
export function byteaArray(hexes: readonly (string | null)[]): string {
  let text = '{';
  for (let i = 0; i < hexes.length; i++) text += (i === 0 ? '' : ',') + (hexes[i] === null ? 'NULL' : `"\\\\x${hexes[i]}"`);
  return `${text}}`;
}

/** A timestamptz with its microseconds. */
export const timestamp = (micros: bigint): string => formatMicros(micros);

/** Microseconds of a timestamptz column, as SQL that gives bigint. */
export const microsSql = (column: string): string => `(extract(epoch from ${column}) * 1000000)::bigint`;

/** 32 hex digits of a 16-byte value kept in a uuid column. */
export const uuidToHex = (uuid: string): string => uuid.replaceAll('-', '');

const STATUSES: readonly AccountStatus[] = ['open', 'frozen', 'closed'];
const SCOPES: readonly FreezeScope[] = ['all', 'debits'];

/** Codes from 1, as in the binary encoding of an account. */
export const statusCode = (status: AccountStatus): number => STATUSES.indexOf(status) + 1;
export const scopeCode = (scope: FreezeScope | null): number | null => (scope === null ? null : SCOPES.indexOf(scope) + 1);

function reversed<K extends string>(codes: Readonly<Record<K, number>>): ReadonlyMap<number, K> {
  return new Map((Object.entries(codes) as [K, number][]).map(([name, code]) => [code, name]));
}

const RECORD_TYPES = reversed<RecordType>(RECORD_TYPE_CODES);
const EVENT_TYPES = reversed<EventType>(EVENT_TYPE_CODES);

function known<V>(value: V | undefined, what: string, code: number): V {
  if (value === undefined) throw new RangeError(`the database holds ${what} ${code}, which this version does not know`);
  return value;
}

export const recordType = (code: number): RecordType => known(RECORD_TYPES.get(code), 'record type', code);
export const eventType = (code: number): EventType => known(EVENT_TYPES.get(code), 'event type', code);

export interface AccountRow {
  number: number;
  id: string;
  currency: string;
  version: string;
  posted: string;
  held: string;
  min_balance: string | null;
  max_balance: string | null;
  status: number;
  freeze_scope: number | null;
  owner_id: string | null;
}

export const ACCOUNT_COLUMNS = 'number, id, currency, version, posted, held, min_balance, max_balance, status, freeze_scope, owner_id';

export function accountOf(row: AccountRow): Account {
  return {
    account: row.id,
    number: row.number,
    currency: row.currency,
    version: BigInt(row.version),
    posted: BigInt(row.posted),
    held: BigInt(row.held),
    status: known(STATUSES[row.status - 1], 'account status', row.status),
    freezeScope: row.freeze_scope === null ? null : known(SCOPES[row.freeze_scope - 1], 'freeze scope', row.freeze_scope),
    minBalance: row.min_balance === null ? null : BigInt(row.min_balance),
    maxBalance: row.max_balance === null ? null : BigInt(row.max_balance),
    ownerId: row.owner_id,
  };
}
