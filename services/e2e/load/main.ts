/** `npm run load`: a mixed load on a running LedgerFlow, what it took, and the proof that nothing was lost, doubled or made up. */
import { HttpTarget } from '../driver/index.ts';
import { explain, interruption, printResult, Progress } from '../terminal/index.ts';
import { checkBalances } from './check/balances.ts';
import { checkHistory } from './check/history.ts';
import { checkLedger, requireDatabases } from './check/ledger.ts';
import { asOutcome } from './check/outcome.ts';
import { LedgerReader } from './check/reader.ts';
import { SETTLE_MS } from './caller.ts';
import { type CpuSeconds, ownCpuSeconds, StackCpu } from './cpu.ts';
import { contradiction, EXIT_USAGE, type LoadOptions, parseLoadOptions } from './options.ts';
import { prepareLedger, tokenFor } from './prepare.ts';
import { type Checks, type CpuReport, type LoadReport, reasonsOf, renderReport } from './report.ts';
import { accountPrefix, type Run, runLoad, type RunResult } from './run.ts';
import type { Tally } from './tally.ts';

const SEED_RANGE = 0x1_0000_0000;
const PROGRESS_INTERVAL_MS = 250;

/** The first Ctrl-C ends the load, with report and check; the second one all. */
const stopping = interruption();

/** CPU of the load and of the stack, between two moments. */
class CpuMeter {
  private readonly stack: StackCpu | null;
  private before: { own: number; stack: CpuSeconds } | null = null;
  private after: { own: number; stack: CpuSeconds } | null = null;

  constructor(stack: StackCpu | null) {
    this.stack = stack;
  }

  async mark(when: 'before' | 'after'): Promise<void> {
    const own = ownCpuSeconds();
    if (this.stack !== null) this[when] = { own, stack: await this.stack.read() };
  }

  report(): CpuReport | null {
    const { before, after } = this;
    if (before === null || after === null) return null;
    const byProcess = Object.fromEntries(Object.entries(after.stack).map(([name, seconds]) => [name, seconds - (before.stack[name] ?? 0)]));
    const stack = Object.values(byProcess).reduce((sum, seconds) => sum + seconds, 0);
    const load = after.own - before.own;
    return stack > 0 ? { load, stack, share: load / stack, byProcess } : null;
  }
}

function progressLine(tally: Tally, startedMs: number, seconds: number): string {
  const count = tally.finishedCount;
  const elapsed = (performance.now() - startedMs) / 1_000;
  const { p50Ms, p99Ms } = tally.latency;
  const left = elapsed < seconds ? `${(seconds - elapsed).toFixed(0)} s left` : 'waiting for the last answers';
  return `load: ${count} operations, ${(count / elapsed).toFixed(0)}/s, p50 ${p50Ms.toFixed(1)} ms, p99 ${p99Ms.toFixed(1)} ms, busy ${tally.busyCount}, faults ${tally.faultCount}, ${left}`;
}

/** Runs the load with its progress shown. */
async function observed(run: Run, progress: Progress, cpu: CpuMeter): Promise<RunResult> {
  let timer: NodeJS.Timeout | undefined;
  try {
    return await runLoad(run, {
      seeded: (accounts, of) => progress.update(() => `opening accounts: ${accounts} of ${of}`),
      beforeLoad: async (tally) => {
        const startedMs = performance.now();
        timer = setInterval(() => progress.update(() => progressLine(tally, startedMs, run.options.duration)), PROGRESS_INTERVAL_MS);
        await cpu.mark('before');
      },
      afterLoad: () => cpu.mark('after'),
      settling: (left) => {
        clearInterval(timer);
        progress.say(`${left()} writes have no answer yet: they are tried again, for ${SETTLE_MS / 1_000} s at most`);
        timer = setInterval(() => progress.update(() => `settling: ${left()} writes without an answer`), PROGRESS_INTERVAL_MS);
      },
    });
  } finally {
    clearInterval(timer);
    progress.close();
  }
}

function databases() {
  const { VERIFY_LEDGER_DATABASE_URL, VERIFY_READ_DATABASE_URL } = process.env;
  return { VERIFY_LEDGER_DATABASE_URL, VERIFY_READ_DATABASE_URL };
}

async function checked(run: Run, { expected }: RunResult, progress: Progress): Promise<Checks> {
  const { options, ledger, target } = run;
  // An interruption of the load asks for the checks, one during them ends them.
  const signal = stopping.aborted ? undefined : stopping;
  const reader = new LedgerReader(target, ledger, expected.token, signal);
  const { balances: should, doubtful } = expected;
  progress.say(`checking ledger ${ledger} …`);
  const balances = await asOutcome(() => checkBalances(reader, accountPrefix(run.id), should, doubtful));
  const history = await asOutcome(() => checkHistory(reader, should, doubtful));
  const check = await asOutcome(() =>
    checkLedger({
      baseUrl: options.baseUrl,
      ledger,
      reader,
      dataDir: options.dataDir,
      environment: databases(),
      onProgress: (line) => progress.update(() => line),
      signal,
    }),
  );
  progress.close();
  return { balances, history, ledger: check };
}

function reportOf(run: Run, ledgerOpened: boolean, startedAt: Date, result: RunResult, checks: Checks, cpu: CpuReport | null): LoadReport {
  const { token: _secret, json: _format, ...options } = run.options;
  const { tally, seconds, seedSeconds, shed } = result;
  const rate = (count: number): number => (seconds === 0 ? 0 : count / seconds);
  const count = tally.finishedCount;
  const { done, refused } = tally.transfers;
  const facts = {
    ledger: run.ledger,
    ledgerOpened,
    run: run.id,
    seed: options.seed,
    startedAt: startedAt.toISOString(),
    interrupted: run.signal.aborted,
    hasBegun: result.hasBegun,
    options,
    seedSeconds,
    seconds,
    total: { count, perSecond: rate(count), latency: tally.latency },
    operations: tally.reports(seconds),
    batched: options.batch === undefined ? null : { done, refused, donePerSecond: rate(done) },
    shed: options.rate === undefined ? null : shed,
    shedShare: options.rate === undefined ? null : shed / Math.max(1, count + shed),
    refusals: Object.fromEntries(tally.refusals),
    busy: Object.fromEntries(tally.busy),
    busyShare: tally.busyCount / Math.max(1, tally.requests),
    retries: tally.retries,
    faults: tally.faultReports(),
    checks,
    cpu,
    cpuShare: cpu?.share ?? null,
  };
  const reasons = reasonsOf(facts);
  return { ok: reasons.length === 0, reasons, ...facts };
}

async function load(options: LoadOptions): Promise<LoadReport> {
  const startedAt = new Date();
  const id = `${options.seed}-${startedAt.getTime().toString(36)}`;
  const progress = new Progress();
  await requireDatabases({ dataDir: options.dataDir, environment: databases() });
  const token = await tokenFor({ ...options, subject: 'load' });
  // An open loop that is slow for a while has more in flight than workers.
  const connections = options.rate === undefined ? Math.max(options.workers, options.seedConcurrency) : options.inFlightMax;
  const headers = { authorization: `Bearer ${token}` };
  const target = new HttpTarget(options.baseUrl, { connections, headers, timeoutMs: options.timeout * 1_000 });
  try {
    const ledger = options.ledger ?? `load-${id}`;
    const ledgerOpened = await prepareLedger({ baseUrl: options.baseUrl, token, ledger });
    progress.say(
      `seed ${options.seed}, ledger ${ledger}${ledgerOpened ? ' (new)' : ''} at ${options.baseUrl}; Ctrl-C ends the load early, with report and check`,
    );
    const cpu = new CpuMeter(await StackCpu.find(options.baseUrl));
    const run: Run = { id, ledger, target, options, signal: stopping };
    const result = await observed(run, progress, cpu);
    return reportOf(run, ledgerOpened, startedAt, result, await checked(run, result, progress), cpu.report());
  } finally {
    await target.close();
  }
}

async function main(): Promise<number> {
  const { LEDGERFLOW_URL, LEDGERFLOW_TOKEN } = process.env;
  const parsed = parseLoadOptions(process.argv.slice(2), { LEDGERFLOW_URL, LEDGERFLOW_TOKEN }, () =>
    Math.floor(Math.random() * SEED_RANGE),
  );
  if ('exitCode' in parsed) return parsed.exitCode;
  const { options } = parsed;
  const wrong = contradiction(options);
  if (wrong !== null) {
    process.stderr.write(`${wrong}\n`);
    return EXIT_USAGE;
  }
  const report = await load(options);
  await printResult(options.json ? `${JSON.stringify(report, null, 2)}\n` : renderReport(report));
  return report.ok ? 0 : 1;
}

process.exitCode = await main().catch((error: unknown) => {
  return explain(error);
});
