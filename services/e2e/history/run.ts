import { randomBytes } from 'node:crypto';
import { readLedgerLog } from '../stack/replay.ts';
import type { Stack } from '../stack/stack.ts';
import { until } from '../stack/wait.ts';
import { verify } from '../verify/index.ts';
import { checkHistory, type CheckSummary } from './checker.ts';
import type { Violation } from './checks/violation.ts';
import { FULL_BALANCE, INITIAL_BALANCE } from './choose.ts';
import { Clients } from './clients.ts';
import { Faults } from './faults.ts';
import type { Disturbance, Scene } from './disturbance.ts';
import type { CheckedLedger, Fault, FaultKind, History, LogRecord, WriteOutcome } from './history.ts';
import { Random } from '../driver/index.ts';
import { CURRENCY, money } from './render.ts';
import { principalOf } from './requests.ts';

/** For what was unknown to be answered and the read side to catch up, once all faults are over. */
const SETTLE_MAX_MS = 60_000;
const TOKEN_MARGIN_SECONDS = 3_600;

export interface RunState {
  seconds: number;
  /** Writes that were answered 2xx. */
  acknowledged: number;
  operations: number;
  faults: number;
}

export interface HistoryOptions {
  stack: Stack;
  seed: number;
  durationMs: number;
  clients: number;
  accounts: number;
  ledgers: number;
  faults: readonly FaultKind[];
  faultIntervalMs: number;
  /** In place of random faults. */
  disturbance?: (scene: Scene) => Disturbance;
  /** Between two actions of a client. */
  thinkMs?: number;
  /** Of the gateway that a client talks to; the first one if absent. */
  gatewayOf?: (client: number) => number;
  /** Whether processes are paused as well as killed; true if absent. */
  pauses?: boolean;
  /** Ends the run: it rejects, and nothing is checked. */
  signal?: AbortSignal;
  settleMaxMs?: number;
  /** Whether the tables are held against the log as well; true if absent. */
  verify?: boolean;
  onProgress?: (state: RunState) => void;
  /** Ends the run before its time: asked four times a second. */
  isEnough?: (state: RunState) => boolean;
}

export interface HistoryReport {
  ok: boolean;
  seed: number;
  seconds: number;
  ledgers: string[];
  writes: { operations: number; attempts: number; ok: number; refused: number; unknown: number; neverAnswered: number };
  reads: { operations: number; ok: number; failed: number };
  refusals: Record<string, number>;
  faults: readonly Fault[];
  records: number;
  checks: CheckSummary[];
  violations: Violation[];
}

const PROGRESS_INTERVAL_MS = 250;
/** The name of the last check, made by the verifier. */
const VERIFY = 'verify';
const RECOVERY = 'recovery';
const DIFFERENCES_MAX = 20;

async function seedLedger(stack: Stack, id: string, accounts: readonly string[]): Promise<CheckedLedger> {
  const api = await stack.client({ roles: ['admin'], subject: 'history-seed' });
  await api.mustPost('/ledgers', { id });
  let seededTo = 0n;
  for (const [index, account] of accounts.entries()) {
    const limits = index === 0 ? { maxBalance: money(FULL_BALANCE) } : {};
    const answer = await api.mustPost<{ asOfPosition: string }>(`/ledgers/${id}/accounts`, {
      id: account,
      currency: CURRENCY,
      initialBalance: money(INITIAL_BALANCE),
      ...limits,
    });
    seededTo = BigInt(answer.body.asOfPosition);
  }
  const last = accounts.at(-1) as string;
  await until('the read side knows the accounts', async () => (await api.get(`/ledgers/${id}/accounts/${last}/balance`)).status === 200);
  return { id, seededTo };
}

const count = <T>(list: readonly T[], isCounted: (item: T) => boolean): number =>
  list.reduce((sum, item) => sum + (isCounted(item) ? 1 : 0), 0);

function countOutcomes({ writes }: History): Pick<HistoryReport, 'writes' | 'refusals'> {
  const outcomes = writes.flatMap((write) => write.attempts.map(({ outcome }) => outcome));
  const of = (kind: WriteOutcome['kind']): number => count(outcomes, (outcome) => outcome.kind === kind);
  const refusals: Record<string, number> = {};
  for (const outcome of outcomes) if (outcome.kind === 'refused') refusals[outcome.code] = (refusals[outcome.code] ?? 0) + 1;
  const neverAnswered = count(writes, (write) => write.attempts.every(({ outcome }) => outcome.kind === 'unknown'));
  return {
    writes: {
      operations: writes.length,
      attempts: outcomes.length,
      ok: of('ok'),
      refused: of('refused'),
      unknown: of('unknown'),
      neverAnswered,
    },
    refusals,
  };
}

function randomFaults(
  { stack, faults: kinds, pauses, faultIntervalMs: intervalMs }: HistoryOptions,
  { random, now, clients }: Scene,
): Faults {
  return new Faults({ stack, kinds, random, pauses: pauses !== false, intervalMs, now, progress: () => clients.acknowledged });
}

/** Lets clients loose on a running stack, with faults or without, and holds what they saw against the logs that came of it. */
export async function runHistory(
  options: HistoryOptions,
): Promise<{ report: HistoryReport; history: History; logs: Map<string, LogRecord[]> }> {
  const { stack, seed, durationMs } = options;
  const random = new Random(seed);
  const accounts = Array.from({ length: options.accounts }, (_, index) => `account-${index}`);
  // A name that no run had before: a stack may be used for several.
  const run = randomBytes(4).toString('hex');
  const ledgers = await Promise.all(
    Array.from({ length: options.ledgers }, (_, index) => seedLedger(stack, `history-${run}-${index}`, accounts)),
  );
  const expiresInSeconds = Math.ceil(durationMs / 1000) + TOKEN_MARGIN_SECONDS;
  const apis = await Promise.all(
    Array.from({ length: options.clients }, (_, index) =>
      stack.client({ roles: ['admin'], subject: principalOf(index), expiresInSeconds }, options.gatewayOf?.(index)),
    ),
  );

  const beganMs = performance.now();
  const now = (): number => performance.now() - beganMs;
  const { thinkMs = 0 } = options;
  const clients = new Clients({ apis, ledgers, accounts, random: random.fork(), now, thinkMs });
  const scene: Scene = { random: random.fork(), now, ledgers: ledgers.map(({ id }) => id), clients };
  const faults = options.disturbance?.(scene) ?? randomFaults(options, scene);
  const over = new AbortController();
  const end = (): void => over.abort();
  options.signal?.addEventListener('abort', end, { once: true });
  let gone: Error | null = null;
  const timer = setTimeout(end, durationMs);
  const told = setInterval(() => {
    const operations = clients.writes.length + clients.reads.length;
    const state: RunState = { seconds: now() / 1000, acknowledged: clients.acknowledged, operations, faults: faults.list.length };
    options.onProgress?.(state);
    if (options.isEnough?.(state) === true) end();
  }, PROGRESS_INTERVAL_MS);
  try {
    const broken = faults
      .run(over.signal)
      .catch((error: unknown) => {
        // A process that does not come back ends the run, for the clients as well; its fault is on the list, without a recovery.
        gone = error as Error;
      })
      .finally(end);
    await Promise.all([clients.run(over.signal), broken]);
    options.signal?.throwIfAborted();
    await clients.settle(now() + (options.settleMaxMs ?? SETTLE_MAX_MS), options.signal);
    options.signal?.throwIfAborted();
  } finally {
    clearTimeout(timer);
    clearInterval(told);
    options.signal?.removeEventListener('abort', end);
  }
  const seconds = now() / 1000;
  const history: History = { seed, ledgers, writes: clients.writes, reads: clients.reads, faults: faults.list };
  const logs = new Map<string, LogRecord[]>();
  const checks: CheckSummary[] = [];
  const violations: Violation[] = [];
  try {
    for (const { id } of ledgers) logs.set(id, await readLedgerLog(stack, id));
    const found = checkHistory(history, logs);
    checks.push(...found.checks);
    violations.push(...found.violations);
    options.signal?.throwIfAborted();
    if (options.verify !== false) await verifyTables(stack, logs, checks, violations, options.signal);
  } catch (error) {
    options.signal?.throwIfAborted();
    if (gone === null) throw error;
  }
  if (gone !== null) violations.unshift(noReturn(gone, checks));
  const okays = count(history.reads, ({ outcome }) => outcome.kind === 'ok');
  const report: HistoryReport = {
    ok: violations.length === 0,
    seed,
    seconds,
    ledgers: ledgers.map(({ id }) => id),
    ...countOutcomes(history),
    reads: { operations: history.reads.length, ok: okays, failed: history.reads.length - okays },
    faults: faults.list,
    records: [...logs.values()].reduce((sum, records) => sum + records.length, 0),
    checks,
    violations,
  };
  return { report, history, logs };
}

/** The tables behind it all, held against the log by `npm run verify`: hash chain, digests, account rows, keys and the read model. */
async function verifyTables(
  { urls }: Stack,
  logs: ReadonlyMap<string, readonly LogRecord[]>,
  checks: CheckSummary[],
  violations: Violation[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const target = { ledgerUrl: urls.ledgerVerifier, readUrl: urls.readVerifier };
  const { records, differences, ledgers } = await verify({
    target,
    ledgers: [...logs.keys()],
    differencesMax: DIFFERENCES_MAX,
    ...(signal === undefined ? {} : { signal }),
  });
  checks.push({
    name: VERIFY,
    guarantee: 'G1, G3 to G5, G8',
    count: records,
    violations: differences.length + ledgers.filter(({ parked }) => parked !== null).length,
  });
  // No writer of ours writes a record that a projection refuses.
  for (const { ledger, parked } of ledgers)
    if (parked !== null)
      violations.push({
        check: VERIFY,
        fault: 'read parked',
        ledger,
        message: `${parked.records} records are parked from position ${parked.since} on`,
        events: [],
      });
  for (const { check, ledger, position, account, message } of differences)
    violations.push({
      check: VERIFY,
      fault: check,
      ledger: ledger ?? '',
      message: `${check}: ${message}`,
      events: [`  position ${position ?? 'none'}, account ${account ?? 'none'}`],
    });
}

/** What a process that could not be started again says of itself, as a violation. */
function noReturn(error: Error, checks: CheckSummary[]): Violation {
  const summary = checks.find(({ name }) => name === RECOVERY);
  if (summary !== undefined) summary.violations += 1;
  else checks.push({ name: RECOVERY, guarantee: 'G9', count: 1, violations: 1 });
  const [message = '', ...events] = error.message.split('\n');
  return { check: RECOVERY, fault: 'no return', ledger: '', message: `A process did not come back: ${message}`, events };
}
