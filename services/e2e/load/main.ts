/** `npm run load`: a mixed load on a running LedgerFlow, what it took, and the proof that nothing was lost, doubled or made up. */
import { UserError } from '@ledgerflow/local/access';
import { HttpTarget } from '../driver/index.ts';
import { Progress } from '../terminal/index.ts';
import { checkBalances } from './check/balances.ts';
import { checkLedger } from './check/ledger.ts';
import { CheckError, LedgerReader } from './check/reader.ts';
import { type CpuSeconds, ownCpuSeconds, StackCpu } from './cpu.ts';
import { contradiction, EXIT_USAGE, type LoadOptions, parseLoadOptions } from './options.ts';
import { prepareLedger, tokenFor } from './prepare.ts';
import { type CpuReport, type LoadReport, reasonsOf, renderReport } from './report.ts';
import { accountPrefix, type Run, runLoad, type RunResult } from './run.ts';
import type { Tally } from './tally.ts';

const SEED_RANGE = 0x1_0000_0000;
const EXIT_INTERRUPTED = 130;
const PROGRESS_INTERVAL_MS = 250;

const stopping = new AbortController();
process.on('SIGINT', () => {
  // The second time it ends at once, without report and check.
  if (stopping.signal.aborted) process.exit(EXIT_INTERRUPTED);
  stopping.abort();
});
process.once('SIGTERM', () => stopping.abort());

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
  const left = Math.max(0, seconds - elapsed).toFixed(0);
  return `load: ${count} operations, ${(count / elapsed).toFixed(0)}/s, p50 ${p50Ms.toFixed(1)} ms, p99 ${p99Ms.toFixed(1)} ms, busy ${tally.busyCount}, faults ${tally.faultCount}, ${left} s left`;
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
    });
  } finally {
    clearInterval(timer);
    progress.close();
  }
}

async function checked(run: Run, { expected }: RunResult, progress: Progress): Promise<LoadReport['checks']> {
  const { options, ledger, target } = run;
  const reader = new LedgerReader(target, ledger, expected.token);
  progress.say(`checking ledger ${ledger} …`);
  const balances = await checkBalances(reader, accountPrefix(run.id), expected.balances);
  const { VERIFY_LEDGER_DATABASE_URL, VERIFY_READ_DATABASE_URL } = process.env;
  const check = await checkLedger({
    baseUrl: options.baseUrl,
    ledger,
    reader,
    dataDir: options.dataDir,
    environment: { VERIFY_LEDGER_DATABASE_URL, VERIFY_READ_DATABASE_URL },
    onProgress: (line) => progress.update(() => line),
  });
  progress.close();
  return { balances, ledger: check };
}

function reportOf(
  run: Run,
  ledgerOpened: boolean,
  startedAt: Date,
  result: RunResult,
  checks: LoadReport['checks'],
  cpu: CpuReport | null,
): LoadReport {
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
    options,
    seedSeconds,
    seconds,
    total: { count, perSecond: rate(count), latency: tally.latency },
    operations: tally.reports(seconds),
    batched: options.batch === undefined ? null : { done, refused, donePerSecond: rate(done) },
    shed: options.rate === undefined ? null : shed,
    refusals: Object.fromEntries(tally.refusals),
    busy: Object.fromEntries(tally.busy),
    busyShare: tally.busyCount / Math.max(1, count + tally.retries),
    retries: tally.retries,
    faults: tally.faultReports(),
    checks,
    cpu,
  };
  const reasons = reasonsOf(facts);
  return { ok: reasons.length === 0, reasons, ...facts };
}

async function load(options: LoadOptions): Promise<LoadReport> {
  const startedAt = new Date();
  const id = `${options.seed}-${startedAt.getTime().toString(36)}`;
  const progress = new Progress();
  const token = await tokenFor({ ...options, subject: 'load' });
  // An open loop that is slow for a while has more in flight than workers.
  const connections = options.rate === undefined ? Math.max(options.workers, options.seedConcurrency) : options.inFlightMax;
  const headers = { authorization: `Bearer ${token}` };
  const target = new HttpTarget(options.baseUrl, { connections, headers, timeoutMs: options.timeout * 1_000 });
  try {
    const ledger = options.ledger ?? `load-${id}`;
    const ledgerOpened = await prepareLedger(target, ledger);
    progress.say(
      `seed ${options.seed}, ledger ${ledger}${ledgerOpened ? ' (new)' : ''} at ${options.baseUrl}; Ctrl-C ends the load early, with report and check`,
    );
    const cpu = new CpuMeter(await StackCpu.find(Number(new URL(options.baseUrl).port)));
    const run: Run = { id, ledger, target, options, signal: stopping.signal };
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
  process.stdout.write(options.json ? `${JSON.stringify(report, null, 2)}\n` : renderReport(report));
  return report.ok ? 0 : 1;
}

process.exitCode = await main().catch((error: unknown) => {
  const isForPeople = error instanceof UserError || error instanceof CheckError;
  process.stderr.write(`${isForPeople ? error.message : ((error as Error).stack ?? String(error))}\n`);
  return error instanceof UserError ? error.exitCode : 1;
});
