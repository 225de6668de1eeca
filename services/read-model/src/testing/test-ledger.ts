import { randomUUID } from 'node:crypto';
import {
  accountDigest,
  addDigest,
  detailsHash,
  entryDigest,
  leafHash,
  recordToJson,
  subtractDigest,
  transactionId,
  ZERO_HASH,
  type AccountSnapshot,
  type AccountTerms,
  type AccountTermsEventType,
  type Details,
  type LedgerEvent,
  type LedgerRecord,
  type Micros,
  type RecordType,
} from '@ledgerflow/contracts';

interface TestAccount extends AccountSnapshot {
  number: number;
  currency: string;
  ownerId: string | null;
}

export interface TestPosting {
  from: string;
  to: string;
  amount: bigint;
}

export interface TestTransaction {
  postings: TestPosting[];
  /** Relative to the record's recorded_at; 0 = then. */
  effectiveAfterMicros?: bigint;
  externalId?: string;
  details?: Details;
}

const KEY = '0'.repeat(32);
const SALT = 'ab'.repeat(16);
const TERMS: AccountTerms = { status: 'open', freezeScope: null, minBalance: null, maxBalance: null, ownerId: null };

/**
 * A valid log of one ledger, made in memory: chained hashes, dense versions, balances after each event, the digests that the writer's head would have. It decides
 * nothing (no limits, no refusals); tests of the read side need records, not decisions.
 */
export class TestLedger {
  readonly id: string;
  readonly number: number;
  readonly uuid: string = randomUUID();
  readonly records: LedgerRecord[] = [];
  readonly accounts = new Map<string, TestAccount>();
  readonly scales: Record<string, number> = {};
  epoch = 1;
  entryDigest = 0n;
  accountDigest = 0n;
  now: Micros;
  /** Microseconds between two records. */
  stepMicros = 1_000_000n;

  constructor(id: string, number: number, now: Micros = 1_790_000_000_000_000n) {
    this.id = id;
    this.number = number;
    this.now = now;
    this.append('LedgerOpened', [
      { type: 'LedgerOpened', data: { id, uuid: this.uuid } },
      { type: 'CurrencyAdded', data: { code: 'USD', scale: 2 } },
      { type: 'CurrencyAdded', data: { code: 'JPY', scale: 0 } },
    ]);
  }

  get position(): bigint {
    return BigInt(this.records.length);
  }

  get texts(): string[] {
    return this.records.map(recordToJson);
  }

  /** The same log again, as a backup has it: what is written to one is not in the other. */
  copy(): TestLedger {
    return Object.assign(Object.create(TestLedger.prototype) as TestLedger, structuredClone(Object.fromEntries(Object.entries(this))));
  }

  open(id: string, over: Partial<AccountTerms> & { currency?: string; details?: Details } = {}): LedgerRecord {
    const { currency = 'USD', details, ...terms } = over;
    const type: RecordType = 'AccountOpened';
    return this.append(type, [this.opened(id, currency, { ...TERMS, ...terms })], [], details === undefined ? [] : [details]);
  }

  setTerms(id: string, type: AccountTermsEventType, terms: Partial<AccountTerms>, details?: Details): LedgerRecord {
    const recordType = type === 'LimitsChanged' || type === 'MetadataChanged' ? 'AccountUpdated' : (type as RecordType);
    return this.append(recordType, [this.termsEvent(id, type, terms)], [], details === undefined ? [] : [details]);
  }

  transfer(from: string, to: string, amount: bigint, over: Omit<TestTransaction, 'postings'> = {}): LedgerRecord {
    return this.post('FundsTransferred', [{ postings: [{ from, to, amount }], ...over }]);
  }

  post(type: RecordType, transactions: TestTransaction[]): LedgerRecord {
    const events: LedgerEvent[] = [];
    transactions.forEach(({ postings }, transaction) => {
      for (const { from, to, amount } of postings) {
        events.push(this.entry(from, -amount, transaction), this.entry(to, amount, transaction));
      }
    });
    return this.append(
      type,
      events,
      transactions,
      transactions.map(({ details }) => details ?? {}),
    );
  }

  private change(id: string, over: Partial<TestAccount>): TestAccount {
    const before = this.accounts.get(id) as TestAccount;
    const after = { ...before, ...over, version: before.version + 1n };
    this.accounts.set(id, after);
    this.accountDigest = addDigest(subtractDigest(this.accountDigest, accountDigest(before)), accountDigest(after));
    return after;
  }

  private base(id: string) {
    const { number, currency, version, posted, held } = this.accounts.get(id) as TestAccount;
    return { account: id, accountNumber: number, currency, version, postedAfter: posted, heldAfter: held };
  }

  private opened(id: string, currency: string, terms: AccountTerms): LedgerEvent {
    const account = { account: id, number: this.accounts.size + 1, currency, version: 1n, posted: 0n, held: 0n, ...terms };
    this.accounts.set(id, account);
    this.accountDigest = addDigest(this.accountDigest, accountDigest(account));
    return { type: 'AccountOpened', ...this.base(id), data: terms };
  }

  private termsEvent(id: string, type: AccountTermsEventType, over: Partial<AccountTerms>): LedgerEvent {
    const { status, freezeScope, minBalance, maxBalance, ownerId } = this.change(id, over);
    return { type, ...this.base(id), data: { status, freezeScope, minBalance, maxBalance, ownerId } };
  }

  private entry(id: string, amount: bigint, transaction: number): LedgerEvent {
    this.change(id, { posted: (this.accounts.get(id) as TestAccount).posted + amount });
    const base = this.base(id);
    this.entryDigest = addDigest(this.entryDigest, entryDigest({ ...base, amount }));
    return { type: 'EntryPosted', ...base, transaction, amount };
  }

  private append(type: RecordType, events: LedgerEvent[], transactions: TestTransaction[] = [], details: Details[] = []): LedgerRecord {
    this.now += this.stepMicros;
    const position = this.position + 1n;
    const currencies = new Set(
      events.flatMap((event) => ('currency' in event ? [event.currency] : event.type === 'CurrencyAdded' ? [event.data.code] : [])),
    );
    for (const event of events) if (event.type === 'CurrencyAdded') this.scales[event.data.code] = event.data.scale;
    const unhashed: Omit<LedgerRecord, 'hash'> = {
      ledger: this.id,
      ledgerNumber: this.number,
      ledgerUuid: this.uuid,
      epoch: this.epoch,
      position,
      previousHash: this.records[this.records.length - 1]?.hash ?? ZERO_HASH,
      type,
      actor: 'tester',
      correlationId: this.uuid,
      causationId: this.uuid,
      key: KEY,
      fingerprint: KEY,
      recordedAt: this.now,
      effectiveAt: this.now + (transactions[0]?.effectiveAfterMicros ?? 0n),
      scales: Object.fromEntries([...currencies].map((code) => [code, this.scales[code] as number])),
      transactions: transactions.map(({ effectiveAfterMicros = 0n, externalId }, i) => ({
        id: transactionId(type, position, i),
        effectiveAt: this.now + effectiveAfterMicros,
        externalId: externalId ?? null,
      })),
      details: details.flatMap((body, index) =>
        Object.keys(body).length === 0 ? [] : [{ index, hash: detailsHash(SALT, body), salt: SALT, body }],
      ),
      events,
    };
    const record: LedgerRecord = { ...unhashed, hash: leafHash(unhashed) };
    this.records.push(record);
    return record;
  }
}

/** The record with some fields changed, under a hash that fits the change. */
export function forged(record: LedgerRecord, over: Partial<LedgerRecord>): LedgerRecord {
  const changed = { ...record, ...over };
  return { ...changed, hash: leafHash(changed) };
}
