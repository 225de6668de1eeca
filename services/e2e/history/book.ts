import type { AccountStatus, FreezeScope } from '@ledgerflow/contracts';
import { isAccountEvent, transactionId } from '@ledgerflow/contracts';
import type { LogRecord } from './history.ts';

export interface AccountState {
  /** The record that made it so. */
  position: bigint;
  currency: string;
  posted: bigint;
  version: bigint;
  status: AccountStatus;
  freezeScope: FreezeScope | null;
  minBalance: bigint | null;
  maxBalance: bigint | null;
}

export interface EntryLine {
  position: bigint;
  index: number;
  transactionId: string;
  currency: string;
  amount: bigint;
  balanceAfter: bigint;
  heldAfter: bigint;
  version: bigint;
  recordedAt: bigint;
  effectiveAt: bigint;
}

/** The first index of a sorted list at which `isBeyond` holds; its length when it holds nowhere. */
export function firstIndex<T>(list: readonly T[], isBeyond: (item: T) => boolean): number {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isBeyond(list[middle] as T)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/**
 * A ledger's log, folded by the amounts alone: balances are sums and versions are counts, whatever the records say of themselves. Every earlier state stays
 * at hand, for reads answer of any position.
 */
export class Book {
  readonly records: readonly LogRecord[];
  private readonly states = new Map<string, AccountState[]>();
  private readonly lines = new Map<string, EntryLine[]>();

  constructor(records: readonly LogRecord[]) {
    this.records = records;
    for (const record of records) this.add(record);
  }

  get position(): bigint {
    return this.records.at(-1)?.position ?? 0n;
  }

  private add(record: LogRecord): void {
    const { position, recordedAt } = record;
    for (const [index, event] of record.events.entries()) {
      if (!isAccountEvent(event)) continue;
      const states = this.states.get(event.account) ?? [];
      this.states.set(event.account, states);
      const before = states.at(-1);
      const amount = event.type === 'EntryPosted' ? event.amount : 0n;
      const terms = event.type === 'EntryPosted' ? before : event.data;
      const after: AccountState = {
        position,
        currency: event.currency,
        posted: (before?.posted ?? 0n) + amount,
        version: (before?.version ?? 0n) + 1n,
        status: terms?.status ?? 'open',
        freezeScope: terms?.freezeScope ?? null,
        minBalance: terms?.minBalance ?? null,
        maxBalance: terms?.maxBalance ?? null,
      };
      if (before?.position === position) states[states.length - 1] = after;
      else states.push(after);
      if (event.type !== 'EntryPosted') continue;
      const lines = this.lines.get(event.account) ?? [];
      this.lines.set(event.account, lines);
      const { currency, heldAfter, transaction } = event;
      const effectiveAt = record.transactions[transaction]?.effectiveAt ?? record.effectiveAt;
      const said = { currency, heldAfter, transactionId: transactionId(record.type, position, transaction) };
      lines.push({ ...said, position, index, amount, balanceAfter: after.posted, version: after.version, recordedAt, effectiveAt });
    }
  }

  /** An account as it was after a position; null before it was opened. */
  at(account: string, position: bigint): AccountState | null {
    const states = this.states.get(account) ?? [];
    return states[firstIndex(states, (state) => state.position > position) - 1] ?? null;
  }

  /** The positions from..to at which one of the accounts changed. */
  changes(accounts: readonly string[], from: bigint, to: bigint): bigint[] {
    const found = new Set<bigint>();
    for (const account of accounts) {
      const states = this.states.get(account) ?? [];
      for (let i = firstIndex(states, (state) => state.position >= from); i < states.length; i++) {
        const { position } = states[i] as AccountState;
        if (position > to) break;
        found.add(position);
      }
    }
    return [...found];
  }

  /** An account's entries as pages list them. */
  entries(account: string): readonly EntryLine[] {
    return this.lines.get(account) ?? [];
  }

  /** Where the entries of a page begin: at a time in microseconds, or right after the end of the page before. */
  firstEntry(account: string, from: bigint, after: { position: bigint; index: number } | null): number {
    const lines = this.entries(account);
    if (after === null) return firstIndex(lines, ({ recordedAt }) => recordedAt >= from);
    return firstIndex(lines, ({ position, index }) => position > after.position || (position === after.position && index > after.index));
  }

  /** How many of an account's entries are at or before a position. */
  entriesUpTo(account: string, upTo: bigint): number {
    return firstIndex(this.entries(account), ({ position }) => position > upTo);
  }

  record(position: bigint): LogRecord | null {
    const found = this.records[firstIndex(this.records, (record) => record.position >= position)];
    return found?.position === position ? found : null;
  }

  /** The last position recorded at or before a time in microseconds. */
  positionAt(micros: bigint): bigint {
    return this.records[firstIndex(this.records, (record) => record.recordedAt > micros) - 1]?.position ?? 0n;
  }
}
