/** `npm run simulate`: a town of customers, employers, shops and landlords that lives on a ledger, for demonstrations and pictures. */
import { UserError } from '@ledgerflow/local/access';
import { HttpTarget } from '../driver/index.ts';
import { addressProblem, ledgerProblem, tokenProblem } from '../load/address.ts';
import { prepareLedger, tokenFor } from '../load/prepare.ts';
import { EXIT_INTERRUPTED, EXIT_USAGE, explain, interruption, printResult, Progress, table } from '../terminal/index.ts';
import { TownClock } from './clock.ts';
import { DAY_MS, TownDays } from './day.ts';
import { amountText, InterruptedError, TownLedger } from './ledger.ts';
import { Chronicle, fillHistory, type Life, liveOn } from './life.ts';
import { parseSimulateOptions, type SimulateOptions } from './options.ts';
import { openState } from './state.ts';
import { partiesOf, townOf } from './town.ts';

const CONNECTIONS = 4;
const TOKEN_SECONDS = 25 * 86_400;

const stopping = new AbortController();
const interrupted = interruption();
interrupted.addEventListener('abort', () => stopping.abort(), { once: true });

const midnightBefore = (ms: number): number => ms - (ms % DAY_MS);

async function simulate(options: SimulateOptions, token: string, target: HttpTarget, progress: Progress) {
  const { seed, customers, historyDays, ledger: ledgerId } = options;
  const startedMs = Date.now();
  const opened = await prepareLedger({ baseUrl: options.baseUrl, token, ledger: ledgerId });
  const ledger = new TownLedger(target, ledgerId, seed, interrupted);
  const firstDayMs = midnightBefore(startedMs) - historyDays * DAY_MS;
  const { state, isNew } = await openState(ledger, { seed, customers, firstDayMs, throughMs: firstDayMs });
  const town = townOf(seed, customers);
  const parties = partiesOf(town);
  for (const [index, party] of parties.entries()) {
    if (stopping.signal.aborted) break;
    await ledger.open(party);
    progress.update(() => `opening accounts: ${index + 1} of ${parties.length}`);
  }
  progress.say(
    `${isNew ? 'A new town' : `The town goes on from ${new Date(state.throughMs).toISOString()}`} on ledger ${ledgerId}${opened ? ' (new)' : ''}`,
  );
  const chronicle = new Chronicle();
  const days = new TownDays(town, seed, state.firstDayMs);
  const life: Life = { days, ledger, state, chronicle, signal: stopping.signal, onProgress: (line) => progress.update(line) };
  await fillHistory(life, startedMs);
  const history = chronicle.done;
  if (history > 0) progress.say(`the past is filled: ${history} transactions`);
  // A town that has lived ahead of our calendar goes on from where it was.
  const liveFromMs = Math.max(startedMs, state.throughMs);
  if (options.duration !== undefined) setTimeout(() => stopping.abort(), options.duration * 1_000).unref();
  const clock = new TownClock(liveFromMs, options.pace, () => performance.now());
  await liveOn(life, clock, options.days === undefined ? Number.POSITIVE_INFINITY : liveFromMs + options.days * DAY_MS);
  progress.close();
  return {
    ledger: ledgerId,
    seed,
    accounts: parties.length,
    customers,
    firstDay: new Date(state.firstDayMs).toISOString(),
    through: new Date(state.throughMs).toISOString(),
    isNew,
    history,
    transactions: chronicle.done,
    bounced: chronicle.bounced,
    skipped: chronicle.skipped,
    kinds: Object.fromEntries([...chronicle.kinds].map(([kind, { done, amount }]) => [kind, { done, amount: amountText(amount) }])),
    seconds: (Date.now() - startedMs) / 1_000,
  };
}

type Report = Awaited<ReturnType<typeof simulate>>;

function render({ ledger, accounts, kinds, transactions, bounced, skipped, through, seconds }: Report): string {
  const rows = Object.entries(kinds).map(([kind, { done, amount }]) => [kind, String(done), amount]);
  return [
    '',
    table(['kind', 'transactions', 'amount'], [...rows, ['all', String(transactions), '']]),
    '',
    `${bounced} payments bounced, ${skipped} refunds of them did not happen; ${accounts} accounts on ledger ${ledger}`,
    `${seconds.toFixed(1)} s; the town has lived through ${through} and goes on from there when it is started again`,
    '',
  ].join('\n');
}

async function main(): Promise<number> {
  const { LEDGERFLOW_URL, LEDGERFLOW_TOKEN } = process.env;
  const parsed = parseSimulateOptions(process.argv.slice(2), { LEDGERFLOW_URL, LEDGERFLOW_TOKEN });
  if ('exitCode' in parsed) return parsed.exitCode;
  const { options } = parsed;
  const wrongAddress = addressProblem(options, 'a town on it');
  const wrong = wrongAddress ?? ledgerProblem(options.ledger) ?? tokenProblem(options.token);
  if (wrong !== null) throw new UserError(wrong, EXIT_USAGE);
  const token = await tokenFor({
    baseUrl: options.baseUrl,
    token: options.token,
    subject: 'town',
    duration: options.duration ?? TOKEN_SECONDS,
  });
  const target = new HttpTarget(options.baseUrl, { connections: CONNECTIONS, headers: { authorization: `Bearer ${token}` } });
  try {
    const report = await simulate(options, token, target, new Progress());
    await printResult(options.json ? `${JSON.stringify(report, null, 2)}\n` : render(report));
    return 0;
  } finally {
    await target.close();
  }
}

process.exitCode = await main().catch((error: unknown) => {
  if (error instanceof InterruptedError) {
    process.stderr.write(`${error.message}\n`);
    return EXIT_INTERRUPTED;
  }
  return explain(error);
});
