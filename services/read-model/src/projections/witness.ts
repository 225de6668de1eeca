import { isAccountEvent, type LedgerRecord, type Micros } from '@ledgerflow/contracts';

/** An account as the log's last event of it says. */
export interface WitnessedAccount {
  id: string;
  currency: string;
  version: bigint;
  posted: bigint;
  held: bigint;
}

/** What moved in a currency. */
export interface WitnessedCurrency {
  scale: number;
  position: bigint;
  /** Sum of the amounts of entries above zero. */
  volume: bigint;
}

/**
 * What a log says, counted from its records directly and not through any projection: what a rebuilt generation is held against. Of one ledger, from its first record on. Memory grows
 * with the accounts of the ledger, some 200 bytes each.
 */
export class Witness {
  position = 0n;
  recordedAt: Micros = 0n;
  firstRecordedAt: Micros = 0n;
  /** Sum of recorded_at over all records. */
  times = 0n;
  transactions = 0;
  entries = 0;
  accountEvents = 0;
  opened: { id: string; uuid: string } | null = null;
  readonly currencies = new Map<string, WitnessedCurrency>();
  readonly accounts = new Map<number, WitnessedAccount>();

  see(record: LedgerRecord): void {
    if (record.position !== this.position + 1n) throw new Error(`record ${record.position} does not follow ${this.position}`);
    this.position = record.position;
    this.recordedAt = record.recordedAt;
    if (record.position === 1n) this.firstRecordedAt = record.recordedAt;
    this.times += record.recordedAt;
    this.transactions += record.transactions.length;
    for (const event of record.events) {
      if (!isAccountEvent(event)) {
        if (event.type === 'LedgerOpened') this.opened = event.data;
        else this.currencies.set(event.data.code, { scale: event.data.scale, position: record.position, volume: 0n });
        continue;
      }
      this.accountEvents += 1;
      const account = this.accounts.get(event.accountNumber);
      if (account === undefined)
        this.accounts.set(event.accountNumber, {
          id: event.account,
          currency: event.currency,
          version: event.version,
          posted: event.postedAfter,
          held: event.heldAfter,
        });
      else {
        account.version = event.version;
        account.posted = event.postedAfter;
        account.held = event.heldAfter;
      }
      if (event.type !== 'EntryPosted') continue;
      this.entries += 1;
      const currency = this.currencies.get(event.currency);
      if (currency !== undefined && event.amount > 0n) currency.volume += event.amount;
    }
  }
}
