import { randomUUID } from 'node:crypto';
import type { LedgerRecord, Micros } from '@ledgerflow/contracts';
import { isAccountEvent, slotOf } from '@ledgerflow/contracts';
import type { AccountReading, BatchWrites, LedgerDirectory, LedgerLocation, LedgerStore } from '../application/store.ts';
import { BrokenPromiseError } from '../domain/decision.ts';
import { emptyHead, FIRST_EPOCH } from '../domain/empty.ts';
import type { Account, BatchView, Head, Needs, StoredOutcome } from '../domain/state.ts';

const SLOTS_DEFAULT = 32;

interface AccountRow {
  account: Account;
  name: string | null;
  metadata: Record<string, unknown> | null;
}

/** The tables of one ledger. */
class MemoryLedger {
  head: Head;
  readonly records: LedgerRecord[] = [];
  readonly texts: string[] = [];
  readonly accounts = new Map<string, AccountRow>();
  readonly currencies = new Map<string, number>();
  readonly outcomes = new Map<string, StoredOutcome>();
  readonly externalIds = new Map<string, string>();
  /** Times up to here were promised to stay as they are. */
  resolvedTo: Micros = 0n;

  constructor(location: LedgerLocation) {
    this.head = emptyHead(location);
  }

  view(needs: Needs, clock: Micros): BatchView {
    const pick = <V, W>(ids: readonly string[], from: ReadonlyMap<string, V>, turn: (value: V) => W): Map<string, W> => {
      const found = new Map<string, W>();
      for (const id of ids) {
        const value = from.get(id);
        if (value !== undefined) found.set(id, turn(value));
      }
      return found;
    };
    const same = <V>(value: V): V => value;
    const floor = this.resolvedTo > this.head.recordedAt ? this.resolvedTo : this.head.recordedAt;
    return {
      head: this.head,
      now: clock > floor ? clock : floor + 1n,
      currencies: new Map(this.currencies),
      accounts: pick(needs.accounts, this.accounts, (row) => row.account),
      outcomes: pick(needs.keys, this.outcomes, same),
      externalIds: pick(needs.externalIds, this.externalIds, same),
    };
  }

  /** The primary keys and unique indexes of a database, so that a decision that breaks one fails here too; then the writes, which can not fail. */
  write(writes: BatchWrites): void {
    const { head, recordTexts } = writes.seal();
    this.check(writes, head, recordTexts);
    writes.records.forEach((record, index) => {
      const text = recordTexts[index] as string;
      this.records.push(record);
      this.texts.push(text);
      this.outcomes.set(record.key, { kind: 'record', fingerprint: record.fingerprint, position: record.position, record: text });
      for (const { id, externalId } of record.transactions) if (externalId !== null) this.externalIds.set(externalId, id);
    });
    for (const { account, details } of writes.accounts) {
      const row = this.accounts.get(account.account);
      const name = details?.name ?? row?.name ?? null;
      const metadata = details?.metadata ?? row?.metadata ?? null;
      this.accounts.set(account.account, { account, name, metadata });
    }
    for (const { code, scale } of writes.currencies) this.currencies.set(code, scale);
    for (const { key, fingerprint, refusal } of writes.refusals) this.outcomes.set(key, { kind: 'refusal', fingerprint, refusal });
    this.head = head;
  }

  private check({ records, accounts, currencies, refusals }: BatchWrites, head: Head, recordTexts: readonly string[]): void {
    const must = (holds: boolean, what: string): void => {
      if (!holds) throw new BrokenPromiseError(`${this.head.ledger}: ${what}`);
    };
    must(head.position === this.head.position + BigInt(records.length), `the head moves by ${records.length} records`);
    must(recordTexts.length === records.length, 'every record has its text');
    const keys = new Set<string>();
    const externalIds = new Set<string>();
    let { recordedAt, recordHash, position } = this.head;
    for (const record of records) {
      position += 1n;
      must(record.position === position && record.previousHash === recordHash, `record ${record.position} follows the one before`);
      must(record.recordedAt > recordedAt, `record ${record.position} is later than the one before`);
      ({ recordedAt, hash: recordHash } = record);
      must(!this.outcomes.has(record.key) && !keys.has(record.key), `key ${record.key} is new`);
      keys.add(record.key);
      for (const { externalId } of record.transactions) {
        if (externalId === null) continue;
        must(!this.externalIds.has(externalId) && !externalIds.has(externalId), `externalId ${externalId} is new`);
        externalIds.add(externalId);
      }
    }
    must(head.recordedAt === recordedAt && head.recordHash === recordHash, 'the head is the last record');
    for (const { key } of refusals) {
      must(!this.outcomes.has(key) && !keys.has(key), `key ${key} is new`);
      keys.add(key);
    }
    for (const { account, opened } of accounts)
      must(this.accounts.has(account.account) !== opened, `account ${account.account} is ${opened ? 'new' : 'known'}`);
    for (const { code } of currencies) must(!this.currencies.has(code), `currency ${code} is new`);
  }
}

export interface MemoryStoreOptions {
  /** The database's clock, in microseconds. */
  clock?: () => Micros;
  slots?: number;
  uuid?: () => string;
}

const systemClock = (): Micros => BigInt(Date.now()) * 1000n;

/** The log in memory: the reference the Postgres store is compared with, and the store of tests that need no durability. */
export class MemoryLedgerStore implements LedgerStore {
  private readonly clock: () => Micros;
  private readonly ledgers = new Map<string, MemoryLedger>();

  constructor(clock: () => Micros = systemClock) {
    this.clock = clock;
  }

  isOpen(ledger: string): boolean {
    return (this.ledgers.get(ledger)?.head.position ?? 0n) > 0n;
  }

  async transact<T>(
    location: LedgerLocation,
    needs: Needs,
    decide: (view: BatchView) => { writes: BatchWrites | null; result: T },
  ): Promise<T> {
    const ledger = this.ledgers.get(location.ledger) ?? new MemoryLedger(location);
    this.ledgers.set(location.ledger, ledger);
    // The decision is synchronous, so nothing comes between reading and writing: the event loop is the head lock.
    const { writes, result } = decide(ledger.view(needs, this.clock()));
    if (writes !== null) ledger.write(writes);
    return result;
  }

  private opened(location: LedgerLocation): MemoryLedger | null {
    return this.isOpen(location.ledger) ? (this.ledgers.get(location.ledger) as MemoryLedger) : null;
  }

  async readLog(location: LedgerLocation, after: bigint, to: bigint | null, limit: number, bytesMax: number): Promise<string[]> {
    const ledger = this.opened(location);
    const end = ledger === null ? 0n : to !== null && to < ledger.head.position ? to : ledger.head.position;
    const texts: string[] = [];
    let bytes = 0;
    for (
      let position = after + 1n;
      ledger !== null && position <= end && texts.length < limit && (texts.length === 0 || bytes < bytesMax);
      position++
    ) {
      const text = ledger.texts[Number(position - 1n)] as string;
      texts.push(text);
      bytes += Buffer.byteLength(text);
    }
    return texts;
  }

  async readStream(location: LedgerLocation, account: string, afterVersion: bigint, limit: number, bytesMax: number): Promise<string[]> {
    const ledger = this.opened(location);
    if (ledger === null) return [];
    const touches = (record: LedgerRecord): boolean =>
      record.events.some((event) => isAccountEvent(event) && event.account === account && event.version > afterVersion);
    const texts = ledger.texts.filter((_, index) => touches(ledger.records[index] as LedgerRecord)).slice(0, limit);
    let bytes = 0;
    const end = texts.findIndex((text, index) => (bytes += Buffer.byteLength(text)) > bytesMax && index > 0);
    return end < 0 ? texts : texts.slice(0, end);
  }

  async readAccount(location: LedgerLocation, account: string): Promise<AccountReading | null> {
    const ledger = this.opened(location);
    const row = ledger?.accounts.get(account);
    if (ledger === null || row === undefined) return null;
    return { ...row, scale: ledger.currencies.get(row.account.currency) as number, head: ledger.head };
  }

  async readHead(location: LedgerLocation): Promise<Head | null> {
    return this.opened(location)?.head ?? null;
  }

  async resolveTime(location: LedgerLocation, time: Micros): Promise<{ position: bigint; epoch: number } | null> {
    const ledger = this.opened(location);
    if (ledger === null) return { position: 0n, epoch: FIRST_EPOCH };
    if (time > ledger.head.recordedAt && time > this.clock()) return null;
    if (time > ledger.resolvedTo) ledger.resolvedTo = time;
    let position = ledger.records.length;
    while (position > 0 && (ledger.records[position - 1] as LedgerRecord).recordedAt > time) position--;
    return { position: BigInt(position), epoch: ledger.head.epoch };
  }
}

export class MemoryLedgerDirectory implements LedgerDirectory {
  private readonly locations = new Map<string, LedgerLocation>();
  private readonly store: MemoryLedgerStore;
  private readonly slots: number;
  private readonly uuid: () => string;

  constructor(store: MemoryLedgerStore, { slots = SLOTS_DEFAULT, uuid = randomUUID }: MemoryStoreOptions = {}) {
    this.store = store;
    this.slots = slots;
    this.uuid = uuid;
  }

  async allocate(ledger: string): Promise<LedgerLocation> {
    const known = this.locations.get(ledger);
    if (known !== undefined) return known;
    const location = { ledger, uuid: this.uuid(), number: this.locations.size + 1, cluster: 'memory', slot: slotOf(ledger, this.slots) };
    this.locations.set(ledger, location);
    return location;
  }

  async find(ledger: string): Promise<LedgerLocation | null> {
    return this.locations.get(ledger) ?? null;
  }

  async list(slots?: readonly number[]): Promise<LedgerLocation[]> {
    return [...this.locations.values()].filter(
      ({ ledger, slot }) => this.store.isOpen(ledger) && (slots === undefined || slots.includes(slot)),
    );
  }
}

/** A store and its directory, empty. */
export function makeMemoryStore(options: MemoryStoreOptions = {}): { store: MemoryLedgerStore; directory: MemoryLedgerDirectory } {
  const store = new MemoryLedgerStore(options.clock);
  return { store, directory: new MemoryLedgerDirectory(store, options) };
}
