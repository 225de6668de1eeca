import type { StreamClient } from '@ledgerflow/platform/postgres';
import { AccountPass, type AccountResult } from './account-pass.ts';
import { Connections } from './connections.ts';
import { keyPass, type KeyResult } from './key-pass.ts';
import { LogPass } from './log-pass.ts';
import type { LogResult } from './log-result.ts';
import { NOWHERE, type ProjectionName } from './live.ts';
import { EMPTY, Lookup, Rows } from './merge.ts';
import { ACCOUNT_OPENED, type AccountName } from './record.ts';
import type { Query } from './query.ts';
import * as readRows from './read-rows.ts';
import type { ReadFacts } from './read-side.ts';
import type { AskLexemes } from './search-check.ts';
import * as rows from './rows.ts';

/** One ledger, with what is to be known of it before its passes. */
export interface LedgerFacts {
  number: number;
  id: string;
  uuid: string;
  /** Null: there is no read model. */
  read: ReadFacts | null;
  scales: ReadonlyMap<string, number>;
}

export type PassName = 'log' | 'accounts' | 'keys';

export interface PassTask {
  pass: PassName;
  ledger: LedgerFacts;
  differencesMax: number;
}

export type PassResult =
  { pass: 'log'; result: LogResult } | { pass: 'accounts'; result: AccountResult } | { pass: 'keys'; result: KeyResult };

export type OnRows = (pass: PassName, count: number) => void;

/**
 * Ids and currencies of accounts by their numbers: from the log itself, not from the accounts' rows, which are what is to be verified. In the order of the unique
 * (ledger, account, version), so that no statistics lead to another index.
 */
export const ACCOUNT_NAMES = `select e.account, e.data ->> 'id' as id, e.data ->> 'currency' as currency from unnest($2::int[]) wanted(account)
  cross join lateral (select * from ledger.events where ledger = $1 and account = wanted.account and version between 1 and 1 order by version limit 1) e
  where e.type = ${ACCOUNT_OPENED}`;

/** Which documents of the search have other lexemes than they should. Written as a probe of the primary key a document. */
export const OTHER_LEXEMES = `select s.account from json_to_recordset($2::json) as e(account int, lexemes text)
  cross join lateral (select * from read.account_search where generation = $1 and account = e.account) s where s.lexemes <> e.lexemes::tsvector`;

const lexemesAsker =
  (client: StreamClient, generation: number): AskLexemes =>
  async (accounts, lexemes) => {
    const documents = accounts.map((account, i) => ({ account, lexemes: lexemes[i] }));
    const rows = await client.query<{ account: number }>(OTHER_LEXEMES, [generation, JSON.stringify(documents)]);
    return rows.map(({ account }) => account);
  };

/** The streams of one worker over both databases. */
export class Passes {
  private readonly ledger: Connections;
  private readonly read: Connections | null;

  constructor(ledger: Connections, read: Connections | null) {
    this.ledger = ledger;
    this.read = read;
  }

  async run(task: PassTask, onRows: OnRows): Promise<PassResult> {
    try {
      if (task.pass === 'log') return { pass: 'log', result: await this.log(task, onRows) };
      if (task.pass === 'accounts') return { pass: 'accounts', result: await this.accounts(task, onRows) };
      return { pass: 'keys', result: await this.keys(task) };
    } finally {
      await Promise.all([this.ledger.settle(), this.read?.settle()]);
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.ledger.close(), this.read?.close()]);
  }

  /** Rows of the live generation of a projection; none where it has none yet. */
  private readModel<Row>(
    { read }: LedgerFacts,
    projection: ProjectionName,
    query: (generation: number) => Query,
  ): Promise<Rows<Row>> | Rows<Row> {
    const place = read?.places[projection] ?? NOWHERE;
    return this.read === null || place.generation === NOWHERE.generation
      ? new Rows<Row>(EMPTY)
      : this.read.rows<Row>(query(place.generation));
  }

  private async log({ ledger, differencesMax }: PassTask, onRows: OnRows): Promise<LogResult> {
    const { number, id, uuid, read } = ledger;
    const asking = await this.ledger.take();
    const names = new Lookup<AccountName>(async (missing) => {
      const found = await asking.query<{ account: number; id: string; currency: string }>(ACCOUNT_NAMES, [
        number,
        `{${missing.join(',')}}`,
      ]);
      return new Map(found.map((row) => [row.account, { id: row.id ?? '', currency: row.currency ?? '' }]));
    });
    const principals = new Lookup<string>(async (missing) => {
      const found = await asking.query<{ number: number; id: string }>(
        'select number, id from ledger.principals where ledger = $1 and number = any($2::int[])',
        [number, `{${missing.join(',')}}`],
      );
      return new Map(found.map((row) => [row.number, row.id]));
    });
    const opened = async (events: readonly rows.EventRow[]): Promise<void> => {
      const wanted = new Set<number>();
      for (const event of events) if (event[3] !== null) wanted.add(event[3]);
      await names.load(wanted);
    };
    const acted = (records: readonly rows.RecordRow[]): Promise<void> => principals.load(new Set(records.map((record) => record[4])));
    const streams = {
      records: await this.ledger.rows<rows.RecordRow>(rows.recordsQuery(number), acted),
      events: await this.ledger.rows<rows.EventRow>(rows.eventsQuery(number), opened),
      details: await this.ledger.rows<rows.DetailsRow>(rows.detailsQuery(number)),
      transactions: await this.readModel<readRows.TransactionRow>(ledger, 'transactions', readRows.transactionsQuery),
      times: await this.readModel<readRows.LogTimesRow>(ledger, 'log_times', readRows.logTimesQuery),
      activity: await this.readModel<readRows.ActivityRow>(ledger, 'ledger_activity', readRows.activityQuery),
    };
    const context = {
      ledger: id,
      number,
      uuid,
      principal: (key: number) => principals.get(key),
      account: (key: number) => names.get(key),
    };
    const result = await new LogPass(streams, { context, read, differencesMax, onRecords: (count) => onRows('log', count) }).run();
    this.ledger.giveBack(asking);
    return result;
  }

  private async accounts({ ledger, differencesMax }: PassTask, onRows: OnRows): Promise<AccountResult> {
    const { number, read, scales } = ledger;
    const streams = {
      events: await this.ledger.rows<rows.AccountEventRow>(rows.accountEventsQuery(number)),
      accounts: await this.ledger.rows<rows.AccountRow>(rows.accountsQuery(number)),
      statement: await this.readModel<readRows.StatementRow>(ledger, 'account_statement', readRows.statementQuery),
      summary: await this.readModel<readRows.SummaryRow>(ledger, 'account_summary', readRows.summaryQuery),
      corrections: await this.readModel<readRows.CorrectionRow>(ledger, 'account_statement', readRows.correctionsQuery),
      blocks: await this.readModel<readRows.BlockRow>(ledger, 'account_statement', readRows.blocksQuery),
      days: await this.readModel<readRows.DayRow>(ledger, 'daily_balances', readRows.daysQuery),
      search: await this.readModel<readRows.SearchRow>(ledger, 'account_search', readRows.searchQuery),
    };
    const { generation } = read?.places.account_search ?? NOWHERE;
    const asking = generation === NOWHERE.generation ? null : ((await this.read?.take()) ?? null);
    const askLexemes = asking === null ? null : lexemesAsker(asking, generation);
    const onEvents = (count: number): void => onRows('accounts', count);
    const result = await new AccountPass(streams, { read, scales, askLexemes, differencesMax, onEvents }).run();
    if (asking !== null) this.read?.giveBack(asking);
    return result;
  }

  private async keys({ ledger, differencesMax }: PassTask): Promise<KeyResult> {
    const { number } = ledger;
    const asking = await this.ledger.take();
    const principals = new Set(
      (
        await asking.query<{ actor: number }>(
          'select distinct r.actor from ledger.refusals r where r.ledger = $1 and exists (select from ledger.principals p where p.ledger = $1 and p.number = r.actor)',
          [number],
        )
      ).map((row) => row.actor),
    );
    const positionOf = async (key: string): Promise<number | null> => {
      const [row] = await asking.query<{ position: string }>('select position from ledger.records where ledger = $1 and key = $2::uuid', [
        number,
        key,
      ]);
      return row === undefined ? null : Number(row.position);
    };
    const streams = {
      keys: await this.ledger.rows<rows.KeyRow>(rows.keysQuery(number)),
      refusals: await this.ledger.rows<rows.RefusalRow>(rows.refusalsQuery(number)),
      externalIds: await this.ledger.rows<rows.ExternalIdRow>(rows.externalIdsQuery(number)),
    };
    const result = await keyPass(streams, { differencesMax, isPrincipal: (actor) => principals.has(actor), positionOf });
    this.ledger.giveBack(asking);
    return result;
  }
}

/** The snapshots that passes read from. */
export interface WorkerStart {
  ledger: { url: string; snapshot: string };
  read: { url: string; snapshot: string } | null;
}

export function passesOf({ ledger, read }: WorkerStart): Passes {
  return new Passes(new Connections(ledger.url, ledger.snapshot), read === null ? null : new Connections(read.url, read.snapshot));
}
