import { addDigest, digestToHex } from '@ledgerflow/contracts';
import type { AccountResult, Balance } from './account-pass.ts';
import type { Snapshot } from './connections.ts';
import type { CheckName, Counts } from './checks.ts';
import type { Findings } from './differences.ts';
import type { KeyResult } from './key-pass.ts';
import type { Checkpoint, Head } from './ledgers.ts';
import type { LogResult } from './log-result.ts';
import { rowDigest } from '@ledgerflow/read-model/projections';

/** What the passes made of one ledger, beside the rows that sum it up. */
export interface Conclusion {
  head: Head;
  checkpoint: Checkpoint | null;
  log: LogResult;
  accounts: AccountResult;
  keys: KeyResult;
  ledger: Snapshot;
  read: Snapshot | null;
  findings: Findings;
  counts: Counts;
}

class Comparison {
  private readonly of: Conclusion;
  private readonly position: number | null;
  private readonly what: string;

  constructor(of: Conclusion, position: number | null, what: string) {
    this.of = of;
    this.position = position;
    this.what = what;
  }

  same(check: CheckName, field: string, found: unknown, expected: unknown): void {
    this.of.counts[check] = (this.of.counts[check] ?? 0) + 1;
    if (found !== expected)
      this.of.findings.add(check, this.position, null, `${this.what} says ${field} ${String(found)}, the log says ${String(expected)}`);
  }
}

/** The head, held against the log that was read up to its end. */
function concludeHead(of: Conclusion): void {
  const { head, log } = of;
  const row = new Comparison(of, head.position, `the head of ledger ${head.id}`);
  row.same('head', 'position', head.position, log.end.position);
  row.same('head', 'recorded_at in µs', head.recordedAt, log.end.position === 0 ? head.recordedAt : log.end.recordedAt);
  row.same('head', 'record_hash', head.recordHash, log.end.hash);
  row.same('head', 'epoch', head.epoch, log.end.position === 0 ? head.epoch : log.end.epoch);
  row.same('head', 'account_count', head.accountCount, log.accountsOpened);
  row.same('frontier', 'frontier', head.frontier, log.frontier);
  row.same('entry digest', 'entry_digest', head.entryDigest, digestToHex(log.end.entryDigest));
  const last = new Comparison(of, log.end.position, `record ${log.end.position}, the last one,`);
  if (log.end.position === 0) return;
  last.same('batch digests', 'entry_digest', log.lastDigests[0], digestToHex(log.end.entryDigest));
  if (of.accounts.isComplete) last.same('batch digests', 'account_digest', log.lastDigests[1], digestToHex(of.accounts.accountDigest));
}

async function concludeKeys(of: Conclusion): Promise<void> {
  const { head, log, keys, ledger, findings } = of;
  if (!keys.isComplete) return;
  const records = of.counts.positions ?? 0;
  if (keys.keys !== records)
    findings.add('keys', null, null, `the index of keys has ${keys.keys} records, the log has ${records}: reindex ledger.records`);
  if (keys.externalIds === log.externalIds) return;
  // Only now worth its price: every transaction of a record that has a list of its own.
  const [missing] = await ledger.client.query<{ position: string; id: string }>(
    `select r.position, t.value ->> 1 as id from ledger.records r cross join lateral jsonb_array_elements(r.transactions) t(value)
     where r.ledger = $1 and t.value ->> 1 is not null
       and not exists (select from ledger.external_ids x where x.ledger = $1 and x.external_id = t.value ->> 1) order by r.position limit 1`,
    [head.number],
  );
  const position = missing === undefined ? null : Number(missing.position);
  const message =
    missing === undefined
      ? `there are ${keys.externalIds} rows of external ids for ${log.externalIds} transactions that have one`
      : `the external id ${missing.id} of record ${missing.position} has no row: it could be used a second time`;
  findings.add('external ids', position, null, message);
}

function list(rows: readonly { code: string; scale: number; position?: number }[]): string {
  return rows
    .map(({ code, scale, position }) => `${code}/${scale}${position === undefined ? '' : `@${position}`}`)
    .sort()
    .join(' ');
}

async function concludeCurrencies(of: Conclusion): Promise<void> {
  const { head, log, ledger } = of;
  const rows = await ledger.client.query<{ code: string; scale: number }>('select code, scale from ledger.currencies where ledger = $1', [
    head.number,
  ]);
  new Comparison(of, null, 'ledger.currencies').same(
    'currencies',
    'currencies',
    list(rows),
    list(log.currencies.map(({ code, scale }) => ({ code, scale }))),
  );
}

function balanceList(balances: ReadonlyMap<string, Balance | Record<keyof Balance, string>>, codes: readonly string[]): string {
  return [...codes]
    .sort()
    .map((code) => `${code} debits ${balances.get(code)?.debits ?? 0n} credits ${balances.get(code)?.credits ?? 0n}`)
    .join(', ');
}

function concludeAccounts(of: Conclusion): void {
  const { head, accounts, log } = of;
  const row = new Comparison(of, head.position, `the head of ledger ${head.id}`);
  row.same('account digest', 'account_digest', head.accountDigest, digestToHex(accounts.accountDigest));
  if (log.isComplete) row.same('accounts', 'account_count', head.accountCount, accounts.accounts);
  for (const [currency, { debits, credits }] of accounts.balances) {
    of.counts['trial balance'] = (of.counts['trial balance'] ?? 0) + 1;
    if (debits !== credits)
      of.findings.add(
        'trial balance',
        head.position,
        null,
        `all accounts in ${currency} together owe ${debits} and own ${credits}: that is not zero`,
      );
  }
}

const sum = (digests: readonly bigint[]): bigint => digests.reduce(addDigest, 0n);

interface Tally {
  rows: number;
  digest: bigint;
}

/** Rows and digest of every projection as they follow from the log. */
function expectedTallies(of: Conclusion, codes: readonly { code: string; scale: number }[]): [string, Tally][] {
  const { head, log, accounts } = of;
  const at = log.atCheckpoint!;
  const tallies: [string, Tally][] = [
    [
      'ledgers',
      {
        rows: 1 + codes.length,
        digest: sum([rowDigest(['ledger', head.id, head.uuid]), ...codes.map(({ code, scale }) => rowDigest(['currency', code, scale]))]),
      },
    ],
    ['account_statement', { rows: at.accountEvents, digest: at.entryDigest }],
    ['transactions', { rows: at.transactions, digest: at.entryDigest }],
  ];
  if (!accounts.isComplete) return tallies;
  const balance = (code: string): Balance => accounts.checkpointBalances.get(code) ?? { debits: 0n, credits: 0n };
  const totals = codes.map(({ code }) => rowDigest([code, balance(code).debits.toString(), balance(code).credits.toString()]));
  tallies.push(['trial_balance', { rows: codes.length, digest: sum(totals) }]);
  tallies.push(['account_summary', { rows: accounts.checkpointAccounts, digest: accounts.checkpointDigest }]);
  return tallies;
}

interface ProjectionState extends Record<string, unknown> {
  projection: string;
  position: string;
  row_count: string;
  digest: string;
}

function concludeState(of: Conclusion, position: number, name: string, state: ProjectionState | undefined, { rows, digest }: Tally): void {
  const found = state === undefined ? 'no such state' : `${state.position}, ${state.row_count} rows, ${state.digest}`;
  new Comparison(of, position, `read.projection_state of ${name}`).same(
    'projection digests',
    'position, rows and digest',
    found,
    `${position}, ${rows} rows, ${digestToHex(digest)}`,
  );
}

/** The log does not know where the times of a ledger should begin that is older than the table; the projection's state knows how many runs were written since. */
function concludeLogTimes(of: Conclusion, position: number, state: ProjectionState | undefined): void {
  const { logTimes } = of.log;
  if (logTimes === null) return;
  const { rows, digest, begins } = logTimes;
  // Nothing was applied since the table is there.
  if (state === undefined && rows === 0) return;
  const isTallied = state !== undefined && state.row_count === String(rows) && state.digest === digestToHex(digest);
  if (isTallied || begins === 1) return concludeState(of, position, 'log_times', state, logTimes);
  const [from, before] = begins === null ? ['none', position] : [`those from position ${begins} on, in ${rows} runs`, begins - 1];
  of.findings.add(
    'read log times',
    before,
    null,
    `of the read model's times of the log there are ${from}; read.projection_state of log_times says ${state?.row_count ?? 'nothing of'} runs, and other ones`,
  );
}

async function concludeProjections(of: Conclusion, checkpoint: Checkpoint, read: Snapshot): Promise<void> {
  const { log, accounts, head } = of;
  const { number, position } = checkpoint;
  const codes = log.currencies.filter((currency) => currency.position <= position);
  const currencies = await read.client.query<{ code: string; scale: number; position: string }>(
    'select code, scale, position from read.currencies where ledger = $1',
    [number],
  );
  new Comparison(of, position, 'read.currencies').same(
    'read ledgers',
    'currencies',
    list(currencies.map((row) => ({ ...row, position: Number(row.position) }))),
    list(codes),
  );
  const [row] = await read.client.query<{ id: string; uuid: string; opened_at: string }>(
    'select id, uuid, opened_at from read.ledgers where ledger = $1',
    [number],
  );
  new Comparison(of, position, 'read.ledgers').same(
    'read ledgers',
    'ledger',
    `${row?.id} ${row?.uuid} ${row?.opened_at}`,
    `${head.id} ${head.uuid} ${log.openedAt}`,
  );
  if (accounts.isComplete) {
    const totals = await read.client.query<{ currency: string; debits: string; credits: string }>(
      'select currency, debits, credits from read.trial_balance where ledger = $1',
      [number],
    );
    // As they stand there: they may be no whole numbers.
    const found = new Map(totals.map(({ currency, debits, credits }) => [currency, { debits, credits }]));
    new Comparison(of, position, "the read model's trial balance").same(
      'trial balance',
      'the totals',
      balanceList(found, [...found.keys()]),
      balanceList(
        accounts.checkpointBalances,
        codes.map(({ code }) => code),
      ),
    );
  }
  const states = await read.client.query<ProjectionState>(
    `select projection, position, row_count, encode(digest, 'hex') as digest from read.projection_state where ledger = $1`,
    [number],
  );
  const stateOf = (name: string): ProjectionState | undefined => states.find((one) => one.projection === name);
  for (const [name, tally] of expectedTallies(of, codes)) concludeState(of, position, name, stateOf(name), tally);
  concludeLogTimes(of, position, stateOf('log_times'));
}

/** Where the read model says it is, beside the log. */
function concludeCheckpoint(of: Conclusion, checkpoint: Checkpoint): void {
  const { head, log } = of;
  const { position } = checkpoint;
  const row = new Comparison(of, position, 'the checkpoint of the read model');
  row.same('checkpoint', 'id', checkpoint.id, head.id);
  row.same('checkpoint', 'uuid', checkpoint.uuid, head.uuid);
  row.same('checkpoint', 'slot', checkpoint.slot, head.slot);
  if (checkpoint.stoppedReason !== null)
    of.findings.add('checkpoint', position, null, `the read model has stopped at position ${position}: ${checkpoint.stoppedReason}`);
  if (!log.isComplete || log.atCheckpoint === null) return;
  row.same('checkpoint', 'record_hash', checkpoint.recordHash, log.atCheckpoint.hash);
  if (position === 0) return;
  row.same('checkpoint', 'epoch', checkpoint.epoch, log.atCheckpoint.epoch);
  row.same('checkpoint', 'recorded_at', checkpoint.recordedAt, log.atCheckpoint.recordedAt);
}

/** Holds the rows that sum a ledger up against what its passes found; `findings` gets what differs. */
export async function conclude(of: Conclusion): Promise<void> {
  const { log, accounts, checkpoint, read, head } = of;
  if (log.isComplete) {
    concludeHead(of);
    await concludeKeys(of);
    await concludeCurrencies(of);
  }
  if (accounts.isComplete) concludeAccounts(of);
  if (checkpoint === null || read === null) return;
  concludeCheckpoint(of, checkpoint);
  if (checkpoint.position > head.position)
    of.findings.add(
      'checkpoint',
      checkpoint.position,
      null,
      `the read model is at position ${checkpoint.position}, beyond the head at ${head.position}`,
    );
  else if (log.isComplete && log.atCheckpoint !== null && checkpoint.position > 0) await concludeProjections(of, checkpoint, read);
}
