import { isAccountEvent, type LedgerRecord, type Micros, recordFromJson } from '@ledgerflow/contracts';
import type {
  PastBalanceQuestion,
  AccountFilter,
  AccountRow,
  BalanceRow,
  Checkpoint,
  EntryFilter,
  EntryRow,
  EventKey,
  LedgerRow,
  Page,
  PageRequest,
  Seen,
  TransactionRow,
  WaitOutcome,
} from '@ledgerflow/read-model';
import type { ReadModel } from '../reads/read-model.ts';
import { activityRows, dailyRows } from './folds.ts';

const PROJECTIONS = ['account_summary'] as const;

function page<T, K>(all: T[], key: (row: T) => K, later: (row: T, after: K) => boolean, { after, limit }: PageRequest<K>): Page<T, K> {
  const rest = after === null ? all : all.filter((row) => later(row, after));
  const rows = rest.slice(0, limit);
  return { rows, next: rest.length > limit ? key(rows.at(-1)!) : null };
}

/**
 * The read tables as a test wants them: folded from records, as far behind as it says. It stands in for the read database, whose own queries are tested with the
 * real one.
 */
export class TestReadModel {
  private readonly logs = new Map<string, LedgerRecord[]>();
  private readonly applied = new Map<string, number>();
  private readonly waiters: { ledger: string; position: bigint; settle: () => void }[] = [];
  /** Why the builder has stopped at all ledgers; null when it has not. */
  stoppedReason: string | null = null;
  /** While true nothing new is applied. */
  held = false;
  /** Accounts of which records are parked, and from which position on. */
  readonly parked = new Map<string, bigint>();
  /** Where the projections of the whole ledger hold meanwhile. */
  heldAt: bigint | null = null;

  /** How many wait for a position. */
  get waiting(): number {
    return this.waiters.length;
  }

  receive(ledger: string, texts: readonly string[]): void {
    const log = this.logs.get(ledger) ?? [];
    this.logs.set(ledger, log);
    log.push(...texts.map(recordFromJson));
    if (!this.held) this.catchUp();
  }

  catchUp(): void {
    for (const [ledger, log] of this.logs) this.applied.set(ledger, log.length);
    for (const waiter of this.waiters.splice(0)) {
      if (BigInt(this.applied.get(waiter.ledger) ?? 0) >= waiter.position) waiter.settle();
      else this.waiters.push(waiter);
    }
  }

  wait = (ledger: string, position: bigint, _projections: readonly string[], timeoutMs: number): Promise<WaitOutcome> =>
    new Promise((resolve) => {
      if (BigInt(this.applied.get(ledger) ?? 0) >= position) return resolve({ kind: 'applied', epoch: 1, position });
      const timer = setTimeout(() => resolve({ kind: 'timeout' }), timeoutMs);
      this.waiters.push({
        ledger,
        position,
        settle: () => {
          clearTimeout(timer);
          resolve({ kind: 'applied', epoch: 1, position });
        },
      });
    });

  /** upTo: where what is asked holds; parked: whose records concern it. */
  private checkpoint(ledger: string, upTo: bigint | null = null, parked: readonly string[] = []): Checkpoint | null {
    const applied = this.applied.get(ledger) ?? 0;
    const count = upTo !== null && upTo < applied ? Number(upTo) : applied;
    const last = this.logs.get(ledger)?.[count - 1];
    const since = parked.flatMap((account) => this.parked.get(account) ?? []);
    if (last === undefined) return null;
    return {
      ledger,
      ledgerNumber: last.ledgerNumber,
      ledgerUuid: last.ledgerUuid,
      slot: 0,
      epoch: last.epoch,
      position: last.position,
      recordedAt: last.recordedAt,
      stoppedReason: this.stoppedReason,
      appliedPosition: BigInt(applied),
      parkedSince: since.length === 0 ? null : since.reduce((a, b) => (a < b ? a : b)),
    };
  }

  private positionOf(checkpoint: Checkpoint, place: PastBalanceQuestion['place']): bigint | null {
    if (place === null) return checkpoint.position;
    if ('position' in place) return place.position;
    if (place.recordedAt > checkpoint.recordedAt) return null;
    return this.logs.get(checkpoint.ledger)!.findLast(({ recordedAt }) => recordedAt <= place.recordedAt)?.position ?? null;
  }

  private seen<T>(
    ledger: string,
    value: (records: LedgerRecord[]) => T,
    { upTo, parked = [], heldAt = null }: { upTo?: bigint | undefined; parked?: readonly string[]; heldAt?: bigint | null } = {},
  ): Promise<Seen<T> | null> {
    const checkpoint = this.checkpoint(ledger, heldAt, parked);
    if (checkpoint === null) return Promise.resolve(null);
    const end = upTo !== undefined && upTo < checkpoint.position ? upTo : checkpoint.position;
    const records = this.logs.get(ledger)!.slice(0, Number(end));
    return Promise.resolve({ checkpoint, projections: PROJECTIONS, value: value(heldAt === null ? this.withoutParked(records) : records) });
  }

  /** What account projections have of them. */
  private withoutParked(records: LedgerRecord[]): LedgerRecord[] {
    if (this.parked.size === 0) return records;
    const isParked = (account: string, position: bigint): boolean => (this.parked.get(account) ?? position + 1n) <= position;
    return records.map((record) => ({
      ...record,
      events: record.events.filter((event) => !isAccountEvent(event) || !isParked(event.account, record.position)),
    }));
  }

  /** A page of accounts: parked ones are marked, and named whatever their status was. */
  private accountPage(ledger: string, filter: AccountFilter, request: PageRequest<string>): Promise<Seen<Page<AccountRow, string>> | null> {
    const known = accounts(this.withoutParked(this.logs.get(ledger) ?? []));
    const unopened = [...this.parked.keys()].filter((account) => !known.has(account));
    const mark = (row: AccountRow): AccountRow => ({ ...row, parkedSince: this.parked.get(row.account) ?? null });
    return this.seen(
      ledger,
      (records) => {
        const found = accountPage(records, filter, request, (account) => this.parked.has(account));
        return { ...found, rows: found.rows.map(mark) };
      },
      { parked: unopened },
    );
  }

  readonly model: ReadModel = {
    appliedPosition: (ledger) => Promise.resolve(this.checkpoint(ledger)),
    getLedger: (ledger) =>
      this.seen(
        ledger,
        (records) => ({
          id: ledger,
          uuid: records[0]!.ledgerUuid,
          openedAt: records[0]!.recordedAt,
          currencies: currencies(records),
        }),
        { heldAt: this.heldAt },
      ),
    listLedgers: async (ids, request) => {
      const names = [...this.applied.keys()].filter((id) => ids === null || ids.includes(id)).sort();
      const all = await Promise.all(names.map(async (id) => (await this.model.getLedger(id)) as Seen<LedgerRow>));
      return page(
        all,
        (row) => row.value.id,
        (row, after) => row.value.id > after,
        request,
      );
    },
    getAccount: (ledger, account) => this.seen(ledger, (records) => accounts(records).get(account) ?? null, { parked: [account] }),
    getAccountAsOf: (ledger, account, position) =>
      this.seen(ledger, (records) => accounts(records).get(account) ?? null, { upTo: position, parked: [account] }),
    getBalance: (ledger, account) => this.seen(ledger, (records) => accounts(records).get(account) ?? null, { parked: [account] }),
    getPastBalance: async ({ ledger, account, place, effectiveAt }) => {
      const checkpoint = this.checkpoint(ledger);
      if (checkpoint === null) return null;
      const position = this.positionOf(checkpoint, place);
      return this.seen(ledger, (records) => ({ position, balance: position === null ? null : balanceAt(records, account, effectiveAt) }), {
        upTo: position ?? undefined,
        parked: [account],
      });
    },
    listAccounts: (ledger, filter, request) => this.accountPage(ledger, filter, request),
    listBalances: (ledger, prefix, request) => this.accountPage(ledger, { prefix }, request),
    // Without a ranking: that is the database's.
    searchAccounts: (ledger, text, _filter, request) =>
      this.seen(ledger, (records) => {
        const all = [...accounts(records).values()]
          .filter(({ account }) => account.includes(text))
          .sort((a, b) => (a.account < b.account ? -1 : 1));
        const { rows, next } = page(
          all,
          ({ account }) => ({ score: 1, id: account }),
          ({ account }, { id }) => account > id,
          request,
        );
        return { rows, next, isSample: false };
      }),
    dailyBalances: (ledger, account, { from, to }, request) =>
      this.seen(ledger, (records) => {
        const row = accounts(records).get(account);
        if (row === undefined) return null;
        const days = dailyRows(records, account).filter(({ day }) => day >= (from ?? 0) && day <= (to ?? day));
        const paged = page(
          days,
          ({ day }) => day,
          ({ day }, after) => day > after,
          request,
        );
        return { account, currency: row.currency, scale: row.scale, page: paged };
      }),
    listActivity: (ledger, filter, request) =>
      this.seen(ledger, (records) =>
        page(
          activityRows(records, filter),
          ({ startsAt, currency }) => ({ startsAt, currency }),
          (row, after) => row.startsAt > after.startsAt || (row.startsAt === after.startsAt && row.currency > after.currency),
          request,
        ),
      ),
    listEntries: (ledger, account, filter, request) =>
      this.seen(
        ledger,
        (records) => {
          const row = accounts(records).get(account);
          if (row === undefined) return null;
          return {
            account,
            currency: row.currency,
            scale: row.scale,
            page:
              filter.newestFirst === true
                ? page(entries(records, account, filter).reverse(), eventKey, (one, after) => isLater(after, eventKey(one)), request)
                : page(entries(records, account, filter), eventKey, isLater, request),
          };
        },
        { parked: [account] },
      ),
    getTransaction: (ledger, id) =>
      this.seen(ledger, (records) => transactions(records).find((row) => row.id === id) ?? null, { heldAt: this.heldAt }),
    listTransactions: (ledger, filter, request) =>
      this.seen(
        ledger,
        (records) => {
          const all = transactions(records).filter((row) => filter.reference === undefined || row.reference === filter.reference);
          return page(all.reverse(), eventKey, (row, after) => isLater(after, eventKey(row)), request);
        },
        { heldAt: this.heldAt, parked: filter.account === undefined ? [] : [filter.account] },
      ),
    trialBalance: (ledger) => this.seen(ledger, (records) => trial(records), { heldAt: this.heldAt }),
    trialBalanceAsOf: (ledger, position) =>
      this.seen(ledger, (records) => trial(records), { upTo: position, heldAt: this.heldAt, parked: [...this.parked.keys()] }),
  };
}

const eventKey = ({ position, index }: EventKey): EventKey => ({ position, index });
const isLater = (row: EventKey, after: EventKey): boolean =>
  row.position > after.position || (row.position === after.position && row.index > after.index);

const currencies = (records: LedgerRecord[]): { code: string; scale: number }[] =>
  records.flatMap(({ events }) => events.flatMap((event) => (event.type === 'CurrencyAdded' ? [event.data] : [])));

function accounts(records: LedgerRecord[]): Map<string, AccountRow> {
  const rows = new Map<string, AccountRow>();
  for (const record of records) {
    for (const event of record.events.filter(isAccountEvent)) {
      const before = rows.get(event.account);
      const details = record.details[0]?.body;
      rows.set(event.account, {
        ...(before ?? {
          name: null,
          metadata: null,
          openedAt: record.recordedAt,
          ownerId: null,
          status: 'open',
          freezeScope: null,
          minBalance: null,
          maxBalance: null,
        }),
        ...(event.type === 'EntryPosted'
          ? {}
          : { ...event.data, name: details?.name ?? before?.name ?? null, metadata: details?.metadata ?? before?.metadata ?? null }),
        account: event.account,
        accountNumber: event.accountNumber,
        currency: event.currency,
        scale: record.scales[event.currency]!,
        posted: event.postedAfter,
        held: event.heldAfter,
        version: event.version,
        updatedAt: record.recordedAt,
      });
    }
  }
  return rows;
}

function entries(records: LedgerRecord[], account: string, { fromTime, toTime }: EntryFilter): EntryRow[] {
  return records.flatMap((record) =>
    record.events.flatMap((event, index): EntryRow[] => {
      if (event.type !== 'EntryPosted' || event.account !== account) return [];
      const { recordedAt, position } = record;
      if ((fromTime !== undefined && recordedAt < fromTime) || (toTime !== undefined && recordedAt > toTime)) return [];
      const { id, effectiveAt } = record.transactions[event.transaction]!;
      return [
        {
          position,
          index,
          version: event.version,
          type: event.type,
          transactionId: id,
          amount: event.amount,
          postedAfter: event.postedAfter,
          heldAfter: event.heldAfter,
          recordedAt,
          effectiveAt,
        },
      ];
    }),
  );
}

function balanceAt(records: LedgerRecord[], account: string, effectiveAt: Micros | null): BalanceRow | null {
  const row = accounts(records).get(account);
  if (row === undefined || effectiveAt === null) return row ?? null;
  const posted = entries(records, account, {}).reduce(
    (sum, entry) => (entry.effectiveAt <= effectiveAt ? sum + (entry.amount ?? 0n) : sum),
    0n,
  );
  return { ...row, posted };
}

function accountPage(
  records: LedgerRecord[],
  filter: AccountFilter,
  request: PageRequest<string>,
  isParked: (account: string) => boolean,
): Page<AccountRow, string> {
  const all = [...accounts(records).values()].filter(
    ({ account, status }) =>
      (filter.status === undefined || status === filter.status || isParked(account)) &&
      account.startsWith(filter.prefix ?? '') &&
      ((filter.prefix ?? '').startsWith('@') || !account.startsWith('@')),
  );
  all.sort((a, b) => (a.account < b.account ? -1 : 1));
  return page(
    all,
    (row) => row.account,
    (row, after) => row.account > after,
    request,
  );
}

function transactions(records: LedgerRecord[]): TransactionRow[] {
  return records.flatMap((record) =>
    record.transactions.map((transaction, index): TransactionRow => {
      const { position, type, recordedAt, actor, correlationId } = record;
      const body = record.details.find((details) => details.index === index)?.body;
      const moved = record.events
        .filter((event) => event.type === 'EntryPosted' && event.transaction === index)
        .filter((event) => event.type === 'EntryPosted');
      return {
        id: transaction.id,
        position,
        index,
        type,
        recordedAt,
        effectiveAt: transaction.effectiveAt,
        externalId: transaction.externalId,
        actor,
        correlationId,
        reference: body?.reference ?? null,
        description: body?.description ?? null,
        metadata: body?.metadata ?? null,
        entries: moved.map(({ account, accountNumber, currency, version, amount, postedAfter, heldAfter }) => ({
          account,
          accountNumber,
          currency,
          version,
          amount,
          heldAfter,
          scale: record.scales[currency]!,
          balanceAfter: postedAfter,
        })),
      };
    }),
  );
}

function trial(records: LedgerRecord[]) {
  const totals = currencies(records).map(({ code, scale }) => {
    const posted = [...accounts(records).values()].filter(({ currency }) => currency === code).map((row) => row.posted);
    const sum = (side: bigint[]): bigint => side.reduce((a, b) => a + b, 0n);
    return {
      currency: code,
      scale,
      debits: -sum(posted.filter((value) => value < 0n)),
      credits: sum(posted.filter((value) => value > 0n)),
    };
  });
  return { position: BigInt(records.length), balanced: totals.every(({ debits, credits }) => debits === credits), totals };
}
