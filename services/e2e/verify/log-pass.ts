import {
  detailsHash,
  DigestSum,
  digestToHex,
  Frontier,
  isAccountEvent,
  leafHash,
  ZERO_HASH,
  type LedgerRecord,
} from '@ledgerflow/contracts';
import { ActivityCheck } from './activity-check.ts';
import type { CheckName, Counts } from './checks.ts';
import { Findings } from './differences.ts';
import { divergenceMisfit } from './divergence-check.ts';
import { lackedBy, type Divergence } from './divergences.ts';
import type { LogEnd, LogResult } from './log-result.ts';
import { LogTimesCheck } from './log-times.ts';
import type { Rows } from './merge.ts';
import { readAll } from './reading.ts';
import { compareTransactions } from './read-transactions.ts';
import { recordBytes } from './record-bytes.ts';
import { asMisfit, Misfit, recordOf, type RecordContext } from './record.ts';
import type { ActivityRow, LogTimesRow, TransactionRow } from './read-rows.ts';
import type { ReadFacts } from './read-side.ts';
import type { DetailsRow, EventRow, RecordRow } from './rows.ts';

export interface LogRows {
  records: Rows<RecordRow>;
  events: Rows<EventRow>;
  details: Rows<DetailsRow>;
  transactions: Rows<TransactionRow>;
  times: Rows<LogTimesRow>;
  activity: Rows<ActivityRow>;
}

export interface LogPassOptions {
  context: RecordContext;
  /** Null: there is no read model to compare. */
  read: ReadFacts | null;
  differencesMax: number;
  onRecords: (count: number) => void;
}

const PROGRESS_RECORDS = 1_000;
/** The driver's uuids come without their dashes, which JSON text has: four each in correlation and causation id. */
const DASHES_BYTES = 8;
/** Before any position; as the read model's places that nothing can be beyond. */
const NEVER = -1;
/** Of the sum's lanes, which are exact for 2^21 terms; a batch has fewer entries than this. */
const TERMS_MAX = 500_000;

/**
 * The log in the order of its positions: every record is made again from its rows, held against the record before it and against its hash, and the read model's
 * transactions against it. After a difference, when more are asked for, what is stored is taken as given, so that one difference is not told many times.
 */
export class LogPass {
  private readonly rows: LogRows;
  private readonly options: LogPassOptions;
  private readonly findings: Findings;
  private readonly times: LogTimesCheck;
  private readonly activity: ActivityCheck;
  private readonly frontier = new Frontier(0n, new Uint8Array(0));
  private readonly counts: Counts = {};
  private readonly scales = new Map<string, number>();
  private readonly currencies: LogResult['currencies'] = [];
  private end: LogEnd = {
    position: 0,
    epoch: 0,
    hash: ZERO_HASH,
    recordedAt: -Infinity,
    entryDigest: 0n,
    entries: 0,
    accountEvents: 0,
    transactions: 0,
  };
  /** The digest of entries up to here; `end` has it when it is asked for. */
  private entrySum = new DigestSum(0n);
  private terms = 0;
  /** Up to here the read model has the transactions. */
  private readonly transactionsTo: number;
  /** What somebody discarded of the read model, by position. */
  private readonly divergences: ReadonlyMap<number, Divergence>;
  private readonly ends = new Map<number, LogEnd | null>();
  private lastDigests: [string | null, string | null] = [null, null];
  private accountsOpened = 0;
  private externalIds = 0;
  private openedAt = 0;

  constructor(rows: LogRows, options: LogPassOptions) {
    this.rows = rows;
    this.options = options;
    this.findings = new Findings(options.differencesMax);
    const { read } = options;
    const times = read?.places.log_times;
    this.times = new LogTimesCheck(
      rows.times,
      times?.position ?? NEVER,
      lackedBy(read?.divergences ?? [], 'log_times', times?.wholeTo ?? 0),
      this.findings,
    );
    const activity = read?.places.ledger_activity;
    this.activity = new ActivityCheck(
      rows.activity,
      activity?.position ?? NEVER,
      lackedBy(read?.divergences ?? [], 'ledger_activity', activity?.wholeTo ?? 0),
      this.findings,
    );
    this.transactionsTo = read?.places.transactions.position ?? NEVER;
    this.divergences = new Map(read?.divergences.map((divergence) => [divergence.position, divergence]));
    if (read === null) return;
    for (const position of [read.checkpoint, ...Object.values(read.places).map((place) => place.position)])
      this.ends.set(position, position === 0 ? { ...this.end } : null);
  }

  async run(): Promise<LogResult> {
    const isAllRead = await readAll(this.findings, () => this.read());
    this.settleEntryDigest();
    this.count('read log times', this.times.checked);
    this.count('read activity', this.activity.checked);
    const { findings, counts, end, lastDigests, accountsOpened, externalIds, openedAt, currencies } = this;
    return {
      findings: findings.list,
      counts,
      isComplete: isAllRead && !findings.isFull,
      end,
      ends: new Map([...this.ends].filter((entry): entry is [number, LogEnd] => entry[1] !== null)),
      frontier: this.frontier.toBytes().toString('hex'),
      lastDigests,
      accountsOpened,
      externalIds,
      openedAt,
      currencies,
      logTimes: this.times.tally,
    };
  }

  private async read(): Promise<void> {
    const { records } = this.rows;
    while (!this.findings.isFull && (records.has || (await records.more()))) {
      const row = records.take();
      if (row[0] % PROGRESS_RECORDS === 0) this.options.onRecords(PROGRESS_RECORDS);
      await this.record(row);
    }
    if (!this.findings.isFull) await this.strays(Number.MAX_SAFE_INTEGER);
    if (!this.findings.isFull) await this.times.finish();
    if (!this.findings.isFull) await this.activity.finish();
  }

  private count(check: CheckName, count = 1): void {
    this.counts[check] = (this.counts[check] ?? 0) + count;
  }

  private async record(row: RecordRow): Promise<void> {
    const [position, recordedAt, , epoch, , , , , , , , leaf] = row;
    this.order(row);
    if (this.activity.isOver(recordedAt)) await this.activity.settle();
    await this.strays(position);
    const events = await takeOf(this.rows.events, position);
    const details = await takeOf(this.rows.details, position);
    const transactions = position > this.transactionsTo ? null : await takeOf(this.rows.transactions, position);
    try {
      const record = recordOf(row, events, details, this.end.hash, this.options.context);
      this.follow(record);
      this.activity.record(record, position, recordedAt);
      this.content(record, row);
      this.discarded(record);
      if (transactions !== null) this.count('read transactions', compareTransactions(record, transactions));
    } catch (error) {
      const { check, account, message } = asMisfit(error);
      this.findings.add(check, position, account, `record ${position}: ${message}`);
    }
    if (this.times.isBehind(position)) await this.times.advance(position);
    this.times.record(position, recordedAt);
    this.frontier.append(leaf);
    this.end.position = position;
    this.end.epoch = epoch;
    this.end.hash = leaf;
    this.end.recordedAt = recordedAt;
    this.batchDigests(row);
    if (position === 1) this.openedAt = recordedAt;
    if (this.ends.has(position)) {
      this.settleEntryDigest();
      this.ends.set(position, { ...this.end });
    }
  }

  /** Dense positions, times that increase, epochs that do not fall. */
  private order([position, recordedAt, , epoch]: RecordRow): void {
    const before = this.end;
    if (position !== before.position + 1)
      this.findings.add('positions', before.position + 1, null, `record ${before.position + 1} is missing: the next one is ${position}`);
    if (recordedAt <= before.recordedAt)
      this.findings.add(
        'times',
        position,
        null,
        `record ${position} was recorded at ${recordedAt} µs, not after the one before it (${before.recordedAt} µs)`,
      );
    if (epoch < before.epoch || epoch < 1)
      this.findings.add('epochs', position, null, `record ${position} is of epoch ${epoch} after epoch ${before.epoch}`);
    this.count('positions');
    this.count('times');
    this.count('epochs');
  }

  /** Events, details and transactions of records that are not there: those before `position` are left over. */
  private async strays(position: number): Promise<void> {
    const { events, details, transactions } = this.rows;
    const say = (check: CheckName, at: number, what: string): void =>
      this.findings.add(check, at, null, `${what} of position ${at}, where there is no such record`);
    while ((events.has || (await events.more())) && events.head[0] < position) say('records', events.take()[0], 'there is an event');
    while ((details.has || (await details.more())) && details.head[0] < position) say('details', details.take()[0], 'there are details');
    while ((transactions.has || (await transactions.more())) && transactions.head[0] < position) {
      const at = transactions.take()[0];
      if (at > this.transactionsTo)
        this.findings.add(
          'read transactions',
          at,
          null,
          `the read model has a transaction of position ${at}, beyond the position ${this.transactionsTo} of its transactions`,
        );
      else say('read transactions', at, 'the read model has a transaction');
    }
  }

  /** What later records build on: currencies, accounts, digests and counts. */
  private follow(record: LedgerRecord): void {
    const { end } = this;
    for (const event of record.events) {
      if (event.type === 'EntryPosted') {
        end.entries += 1;
        this.entrySum.addEntry(event);
        if (++this.terms >= TERMS_MAX) this.settleEntryDigest();
      } else if (event.type === 'CurrencyAdded') {
        const { code, scale } = event.data;
        if (this.scales.has(code)) throw new Misfit('currencies', `currency ${code} joins the ledger a second time`);
        this.scales.set(code, scale);
        this.currencies.push({ code, scale, position: Number(record.position) });
      } else if (event.type === 'AccountOpened') {
        this.accountsOpened += 1;
        if (event.accountNumber !== this.accountsOpened)
          throw new Misfit('accounts', `account number ${event.accountNumber} is opened as the ${this.accountsOpened}th`, event.account);
      } else if (event.type === 'LedgerOpened' && record.position !== 1n) throw new Misfit('records', 'the ledger is opened a second time');
      if (isAccountEvent(event)) end.accountEvents += 1;
    }
    end.transactions += record.transactions.length;
    for (const { externalId } of record.transactions) if (externalId !== null) this.externalIds += 1;
    if (record.position === 1n && record.events[0]?.type !== 'LedgerOpened')
      throw new Misfit('records', 'the first record does not open the ledger');
    record.scales = this.scalesOf(record);
  }

  private settleEntryDigest(): void {
    this.end.entryDigest = this.entrySum.total();
    this.entrySum = new DigestSum(this.end.entryDigest);
    this.terms = 0;
  }

  private scalesOf(record: LedgerRecord): Record<string, number> {
    const codes = new Set<string>();
    for (const event of record.events) {
      if (isAccountEvent(event)) codes.add(event.currency);
      else if (event.type === 'CurrencyAdded') codes.add(event.data.code);
    }
    const scales: Record<string, number> = {};
    for (const code of codes.size > 1 ? [...codes].sort() : codes) {
      const scale = this.scales.get(code);
      if (scale === undefined) throw new Misfit('currencies', `currency ${code} never joined the ledger`);
      scales[code] = scale;
    }
    return scales;
  }

  private content(record: LedgerRecord, row: RecordRow): void {
    this.sums(record);
    for (const { index, hash, salt, body } of record.details) {
      if (salt !== null && body !== null && detailsHash(salt, body) !== hash)
        throw new Misfit('details', `the text of details ${index} is not the one whose hash is in the record`);
      this.count('details');
    }
    if (leafHash(record) !== record.hash)
      throw new Misfit(
        'leaves',
        `it does not have the hash it carries (${record.hash}): the record, an event or a details hash of it was changed, or the hash of the record before`,
      );
    this.count('leaves');
    this.count('principals');
    this.count('records');
    const isErased = record.details.some((details) => details.body === null);
    const bytes = isErased ? row[5] : recordBytes(record) + DASHES_BYTES;
    if (bytes !== row[5]) throw new Misfit('records', `its text has ${bytes} bytes, the row says ${row[5]}`);
  }

  private discarded(record: LedgerRecord): void {
    const divergence = this.divergences.get(Number(record.position));
    if (divergence === undefined) return;
    this.count('read divergences');
    const message = divergenceMisfit(record, divergence);
    if (message !== null) throw new Misfit('read divergences', message);
  }

  /** Entries net to zero in every transaction and currency. */
  private sums(record: LedgerRecord): void {
    let transaction = -1;
    const sums = new Map<string, bigint>();
    const settle = (): void => {
      for (const [currency, sum] of sums)
        if (sum !== 0n) throw new Misfit('sums', `the entries of transaction ${transaction} in ${currency} sum to ${sum}, not to zero`);
      sums.clear();
    };
    for (const event of record.events) {
      if (event.type !== 'EntryPosted') continue;
      if (event.transaction !== transaction) {
        settle();
        transaction = event.transaction;
        this.count('sums');
      }
      sums.set(event.currency, (sums.get(event.currency) ?? 0n) + event.amount);
    }
    settle();
  }

  /** The digests that stand on the last record of a batch: that of entries is known here. */
  private batchDigests(row: RecordRow): void {
    const [position, , , , , , , , , , , , , entry, account] = row;
    this.lastDigests = [entry, account];
    if (entry === null && account === null) return;
    this.count('batch digests');
    if (entry === null || account === null) {
      this.findings.add('batch digests', position, null, `record ${position} has only one of the two digests`);
      return;
    }
    this.settleEntryDigest();
    if (this.findings.list.length > 0) {
      this.end.entryDigest = BigInt(`0x${entry}`);
      this.entrySum = new DigestSum(this.end.entryDigest);
    } else if (digestToHex(this.end.entryDigest) !== entry)
      this.findings.add(
        'batch digests',
        position,
        null,
        `the digest of all entries up to record ${position} is ${digestToHex(this.end.entryDigest)}, the record says ${entry}`,
      );
  }
}

async function takeOf<Row extends [number, ...unknown[]]>(rows: Rows<Row>, position: number): Promise<Row[]> {
  const taken: Row[] = [];
  while ((rows.has || (await rows.more())) && rows.head[0] === position) taken.push(rows.take());
  return taken;
}
