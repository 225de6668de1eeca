export interface Limit {
  kind: 'atMost' | 'atLeast';
  value: number;
  unit: string;
  /** What it is derived from: a guarantee of docs/concepts/guarantees.md, a target of docs/reference/performance.md, or a default of the configuration. */
  from: string;
}

const atMost = (value: number, unit: string, from: string): Limit => ({ kind: 'atMost', value, unit, from });
const atLeast = (value: number, unit: string, from: string): Limit => ({ kind: 'atLeast', value, unit, from });

const VISIBLE = 'target: write to visible at half load';
const LAG = 'target: lag after full rate';
const MEMORY = 'G9, target: memory of the largest service';
const IDLE = 'G9: what nobody asks for leaves nine tenths of a processor';
const PAGE = 'target: 10 ms a page in the database, 20 ms over HTTP';
const START = 'G9: back before a Kubernetes start-up probe gives up';

/** Costs and times, at full size on two processors. */
export const LIMITS = {
  'ledgers opened': atLeast(50, 'ledgers/s', '10,000 tenants move in within 200 s'),
  'ledgers opened: CPU of all processes': atMost(40, 'ms/ledger', 'the same, of two processors'),
  'ledgers: read model has all after the last write': atMost(2, 's', LAG),
  'ledgers: commit to visible, p50': atMost(60, 'ms', VISIBLE),
  'ledgers: commit to visible, p99': atMost(250, 'ms', VISIBLE),
  'ledgers: transfers that could not be begun': atMost(0, 'transfers', 'G9: a trickle is no overload'),
  'idle: writer': atMost(100, 'ms CPU/s', IDLE),
  'idle: builder, the larger of two': atMost(100, 'ms CPU/s', IDLE),
  'idle: gateway': atMost(100, 'ms CPU/s', IDLE),
  'idle: PostgreSQL': atMost(100, 'ms CPU/s', IDLE),
  'idle: statements': atMost(100, 'a second', 'G9: none a ledger, but a few a part and a slot'),
  'idle: rows read': atMost(100_000, 'a second', 'G9: ten a ledger'),
  'ledgers: page of 100 ledgers, p50': atMost(20, 'ms', PAGE),
  'ledgers: page of 100 ledgers, p99': atMost(40, 'ms', `${PAGE}, twice at p99`),
  'ledgers: page of 100 projections, p50': atMost(20, 'ms', PAGE),
  'ledgers: page of 100 projections, p99': atMost(40, 'ms', `${PAGE}, twice at p99`),
  'ledgers: memory of the writer': atMost(250, 'MiB', MEMORY),
  'ledgers: memory of the larger builder': atMost(250, 'MiB', MEMORY),
  'ledgers: memory of the gateway': atMost(250, 'MiB', MEMORY),
  'a builder leaves: slowest write to be visible': atMost(5, 's', 'read-your-writes: CONSISTENCY_WAIT_MS'),
  'a builder starts': atMost(10, 's', START),
  'rebuild of all: its parts are open': atMost(5, 's', 'G9: one transaction, within the sessions’ time-outs'),
  'rebuild of all: parts a second': atLeast(150, 'parts/s', '10,000 ledgers of 9 projections within 10 min'),
  'rebuild of all: cancelled after it was asked': atMost(5, 's', 'G9: a heartbeat of the rebuild'),
  'rebuild of all: old generations deleted': atLeast(150, 'generations/s', 'no slower than they are made'),
  'accounts opened': atLeast(2_000, 'accounts/s', 'target: writer; a book of 1,000,000 moves in within 500 s'),
  'accounts opened: CPU of all processes': atMost(1, 'ms/account', 'the same, of two processors'),
  'accounts: read model has all after the last write': atMost(2, 's', LAG),
  'accounts: disk of the log': atMost(1_600, 'bytes/account', 'target: disk of the writer, twice: an account has a row besides its record'),
  'accounts: disk of the read model': atMost(4_000, 'bytes/account', 'nine projections of 400 bytes'),
  'accounts: first page of 100, p50': atMost(20, 'ms', PAGE),
  'accounts: first page of 100, p99': atMost(40, 'ms', `${PAGE}, twice at p99`),
  'accounts: middle page of 100, p50': atMost(20, 'ms', PAGE),
  'accounts: middle page of 100, p99': atMost(40, 'ms', `${PAGE}, twice at p99`),
  'accounts: last page of 100, p50': atMost(20, 'ms', PAGE),
  'accounts: last page of 100, p99': atMost(40, 'ms', `${PAGE}, twice at p99`),
  'accounts: search by a name that many have, p50': atMost(30, 'ms', 'target: account search among 1,000,000'),
  'accounts: search by a name that many have, p99': atMost(60, 'ms', 'target: account search, twice over HTTP'),
  'accounts: search by two names, p50': atMost(30, 'ms', 'target: account search among 1,000,000'),
  'accounts: search by two names, p99': atMost(60, 'ms', 'target: account search, twice over HTTP'),
  'accounts: search by an id, p50': atMost(30, 'ms', 'target: account search among 1,000,000'),
  'accounts: search by an id, p99': atMost(60, 'ms', 'target: account search, twice over HTTP'),
  'accounts: statement page, p50': atMost(20, 'ms', PAGE),
  'accounts: statement page, p99': atMost(40, 'ms', `${PAGE}, twice at p99`),
  'accounts: memory of the writer': atMost(250, 'MiB', MEMORY),
  'accounts: memory of the larger builder': atMost(250, 'MiB', MEMORY),
  'accounts: memory of the gateway': atMost(250, 'MiB', MEMORY),
} as const satisfies Record<string, Limit>;

export type FigureName = keyof typeof LIMITS;

/** What has a figure at p50 and one at p99. */
export type TimedName = FigureName extends infer N ? (N extends `${infer P}, p50` ? P : never) : never;
