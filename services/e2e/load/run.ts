import { closedLoop, type HttpTarget, openLoop, Random } from '../driver/index.ts';
import { Accounts } from './accounts.ts';
import { Caller, SETTLE_MS } from './caller.ts';
import { Expected } from './expected.ts';
import type { LoadOptions } from './options.ts';
import { CREATED_MAX, Plan } from './plan.ts';
import { Tally } from './tally.ts';

export interface Run {
  /** Begins the keys and the account ids of this run and of no other. */
  id: string;
  ledger: string;
  target: HttpTarget;
  options: LoadOptions;
  signal: AbortSignal;
}

export interface RunResult {
  /** Whether the load itself began: not before all accounts are open. */
  hasBegun: boolean;
  tally: Tally;
  expected: Expected;
  seedSeconds: number;
  seconds: number;
  /** Of an open loop: what came due and was not begun, because too much was in flight. */
  shed: number;
}

export interface RunObserver {
  seeded(accounts: number, of: number): void;
  beforeLoad(tally: Tally): Promise<void>;
  afterLoad(): Promise<void>;
  /** Called when writes are left without an answer, which are then tried again for SETTLE_MS at most. `left`: how many still are. */
  settling(left: () => number): void;
}

export const accountPrefix = (runId: string): string => `a-${runId}-`;

/** Opens the accounts of the run. Null when it was interrupted or one could not be opened, which is then a fault in `tally`. */
async function seed({ id, options, signal }: Run, caller: Caller, tally: Tally, observer: RunObserver): Promise<string[] | null> {
  const ids = Array.from({ length: options.accounts }, (_, index) => `${accountPrefix(id)}${index}`);
  let next = 0;
  let opened = 0;
  const session = caller.newSession();
  const work = async (): Promise<void> => {
    while (next < ids.length && !signal.aborted && tally.faultCount === 0) {
      const account = ids[next++] as string;
      if (await caller.perform({ kind: 'create', account }, `${id}-open-${account}`, performance.now(), session)) opened += 1;
      observer.seeded(opened, ids.length);
    }
  };
  await Promise.all(Array.from({ length: Math.min(options.seedConcurrency, ids.length) }, work));
  return opened === ids.length ? ids : null;
}

/** Each worker has its own chance, its own accounts to open, and reads what it wrote. */
function runClosed({ id, options, signal }: Run, caller: Caller, newPlan: (worker: number) => Plan): Promise<{ seconds: number }> {
  const workers = Array.from({ length: options.workers }, (_, worker) => ({
    plan: newPlan(worker),
    session: caller.newSession(),
    count: 0,
  }));
  return closedLoop({ workers: options.workers, durationMs: options.duration * 1_000, signal }, async (index) => {
    const worker = workers[index] as (typeof workers)[number];
    const operation = worker.plan.next();
    const isDone = await caller.perform(operation, `${id}-${index}-${worker.count++}`, performance.now(), worker.session);
    if (isDone && operation.kind === 'create') worker.plan.opened(operation.account);
  });
}

/** One sequence of operations, each begun when it is due. */
function runOpen({ id, options, signal }: Run, ratePerSecond: number, caller: Caller, plan: Plan) {
  const session = caller.newSession();
  let count = 0;
  const { inFlightMax, duration } = options;
  return openLoop({ ratePerSecond, inFlightMax, durationMs: duration * 1_000, signal }, async (scheduledMs) => {
    const operation = plan.next();
    const isDone = await caller.perform(operation, `${id}-${count++}`, scheduledMs, session);
    if (isDone && operation.kind === 'create') plan.opened(operation.account);
  });
}

async function settle(caller: Caller, observer: RunObserver): Promise<void> {
  if (caller.unanswered > 0) observer.settling(() => caller.unanswered);
  await caller.settle();
}

/** Opens the accounts, puts the load on them, and waits until every write has its answer. */
export async function runLoad(run: Run, observer: RunObserver): Promise<RunResult> {
  const { id, ledger, target, options } = run;
  const initialDeposit = BigInt(options.initialDeposit);
  const expected = new Expected(initialDeposit);
  const seeding = new Tally();
  const startedMs = performance.now();
  // A service that leaves more writes without an answer than can be kept ends the run as an interruption does.
  const full = new AbortController();
  const signal = AbortSignal.any([run.signal, full.signal]);
  const parts = { target, ledger, initialDeposit, expected, signal, onFull: () => full.abort() };
  // Without all its accounts there is no load, so they are worth as long a wait as the writes without an answer are afterwards.
  const seeder = new Caller({ ...parts, tally: seeding, bounds: { retryForMs: SETTLE_MS } });
  const ids = await seed({ ...run, signal }, seeder, seeding, observer);
  const seedSeconds = (performance.now() - startedMs) / 1_000;
  if (ids === null) {
    await settle(seeder, observer);
    if (!run.signal.aborted && seeding.faultCount === 0) seeding.fault('create: not all accounts could be opened', 'see the busy answers');
    return { hasBegun: false, tally: seeding, expected, seedSeconds, seconds: 0, shed: 0 };
  }
  const tally = new Tally();
  const caller = new Caller({ ...parts, tally });
  const hot = { ratio: options.hotAccountRatio, rate: options.hotSelectionRate };
  const { rate } = options;
  const createdMax = Math.ceil(CREATED_MAX / (rate === undefined ? options.workers : 1));
  const newPlan = (worker: number): Plan =>
    new Plan(options, new Random(options.seed, worker), new Accounts(ids, hot), `${accountPrefix(id)}w${worker}-`, createdMax);
  await observer.beforeLoad(tally);
  const stoppable = { ...run, signal };
  const result =
    rate === undefined ? { ...(await runClosed(stoppable, caller, newPlan)), shed: 0 } : await runOpen(stoppable, rate, caller, newPlan(0));
  await observer.afterLoad();
  await settle(caller, observer);
  return { hasBegun: true, tally, expected, seedSeconds, seconds: result.seconds, shed: result.shed };
}
