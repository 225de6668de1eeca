import { KafkaSetupError } from '../../kafka/index.ts';
import type { Violation } from '../../history/checks/violation.ts';
import { firstAnswer, type History } from '../../history/history.ts';
import { type HistoryReport, runHistory } from '../../history/run.ts';
import { Stack } from '../../stack/stack.ts';
import type { Fault, LoadShape } from './fault.ts';
import { NotPossibleError } from './not-possible.ts';
import type { Measured, RowResult } from './result.ts';
import { type Course, SingleFault } from './single-fault.ts';
import type { Workshop } from './workshop.ts';

const MS_PER_SECOND = 1_000;
/** Of one row, from the first client to the last; each wait in it is bounded for itself. */
const RUN_MAX_MS = 300_000;
const ACCOUNTS = 6;
const LOAD: LoadShape = { clients: 8, thinkMs: 5, ledgers: 2 };
const VIOLATIONS_SHOWN_MAX = 3;
const EVENTS_SHOWN_MAX = 6;

const LOST: readonly string[] = ['lost'];
const DOUBLED: readonly string[] = ['doubled', 'foreign', 'replay'];
const STALE: readonly string[] = ['stale read', 'backwards'];
const RECOVERY: readonly string[] = ['recovery'];

export interface ExperimentOptions {
  fault: Fault;
  seed: number;
  seconds: number;
  signal: AbortSignal;
  workshop: Workshop;
  onPhase: (phase: string) => void;
}

/** The longest time, within a window, between two writes of one ledger that were answered 2xx. */
export function longestGapMs(history: Pick<History, 'writes' | 'ledgers'>, fromMs: number, toMs: number): number {
  let longest = 0;
  for (const { id } of history.ledgers) {
    const answers = history.writes
      .filter(({ ledger }) => ledger === id)
      .flatMap(({ attempts }) => attempts.filter(({ outcome }) => outcome.kind === 'ok').map(({ endedMs }) => endedMs))
      .toSorted((a, b) => a - b);
    const before = answers.findLast((ms) => ms < fromMs) ?? fromMs;
    const inside = answers.filter((ms) => ms >= fromMs && ms <= toMs);
    const after = answers.find((ms) => ms > toMs) ?? toMs;
    let last = before;
    for (const ms of [...inside, after]) {
      longest = Math.max(longest, ms - last);
      last = ms;
    }
  }
  return longest;
}

function measuredOf(report: HistoryReport, history: History, course: Course | null, since: Fault['since']): Measured {
  const count = (names: readonly string[]): number =>
    report.checks.filter(({ name }) => names.includes(name)).reduce((sum, { violations }) => sum + violations, 0);
  const all = report.checks.reduce((sum, { violations }) => sum + violations, 0);
  const [lost, doubled, stale] = [count(LOST), count(DOUBLED), count(STALE)];
  const { beganMs, endedMs, recovered } = course ?? {
    beganMs: 0,
    endedMs: 0,
    recovered: { writesMs: null, readsMs: null } as Course['recovered'],
  };
  const fromMs = since === 'begin' ? beganMs : endedMs;
  const seconds = (ms: number | null): number | null => (ms === null ? null : Math.max(0, ms - fromMs) / MS_PER_SECOND);
  const answeredAt = history.writes.flatMap(({ attempts }) =>
    attempts.filter(({ outcome }) => outcome.kind === 'ok').map(({ endedMs: at }) => at),
  );
  return {
    writes: {
      asked: report.writes.operations,
      answered: report.writes.ok,
      refused: report.writes.refused,
      // A key that was used for something else is asked for once.
      neverAnswered: history.writes.filter((write) => write.reuses === null && firstAnswer(write) === null).length,
    },
    reads: {
      asked: report.reads.operations,
      answered: report.reads.ok,
      withToken: history.reads.filter(({ token, outcome }) => token !== null && outcome.kind === 'ok').length,
    },
    lost,
    doubled,
    stale,
    wrong: all - lost - doubled - stale - count(RECOVERY),
    during: { writes: answeredAt.filter((at) => at >= beganMs && at <= endedMs).length, seconds: (endedMs - beganMs) / MS_PER_SECOND },
    gapSeconds: longestGapMs(history, beganMs, recovered.writesMs ?? endedMs) / MS_PER_SECOND,
    recovery: {
      since,
      writesSeconds: seconds(recovered.writesMs),
      readsSeconds: seconds(recovered.readsMs),
      ...(recovered.relayMs === undefined ? {} : { relaySeconds: seconds(recovered.relayMs) }),
    },
    records: report.records,
  };
}

const reasonOf = ({ check, ledger, message, events }: Violation): string =>
  [`${check}${ledger === '' ? '' : ` (ledger ${ledger})`}: ${message}`, ...events.slice(0, EVENTS_SHOWN_MAX)].join('\n');

/** `NAME=row` of the command that repeats it. */
export const commandOf = (id: string, seed: number): string => `npm run faults -- --rows=${id} --seed=${seed}`;

async function attempt(options: ExperimentOptions, notes: string[]): Promise<Pick<RowResult, 'outcome' | 'reasons' | 'measured'>> {
  const { fault, seed, seconds, signal, workshop, onPhase } = options;
  onPhase('starting the stack');
  const stack = await Stack.start(typeof fault.stack === 'function' ? await fault.stack(workshop) : fault.stack);
  try {
    signal.throwIfAborted();
    const found: { single: SingleFault | null } = { single: null };
    const { clients, thinkMs, ledgers, gatewayOf } = { ...LOAD, ...fault.load };
    const { report, history } = await runHistory({
      stack,
      seed,
      clients,
      thinkMs,
      ledgers,
      accounts: ACCOUNTS,
      durationMs: RUN_MAX_MS,
      faults: [],
      faultIntervalMs: 0,
      signal,
      ...(gatewayOf === undefined ? {} : { gatewayOf }),
      disturbance: (scene) =>
        (found.single = new SingleFault({ fault, stack, seconds, onPhase, onNote: (text) => void notes.push(text) }, scene)),
    });
    const measured = measuredOf(report, history, found.single?.course ?? null, fault.since);
    const shown = report.violations.filter(({ check }, index) => report.violations.findIndex((other) => other.check === check) === index);
    return { outcome: report.ok ? 'ok' : 'failed', reasons: shown.slice(0, VIOLATIONS_SHOWN_MAX).map(reasonOf), measured };
  } finally {
    onPhase('taking the stack away');
    await stack.stop();
  }
}

/** One row from the start of its own stack to the check of everything. Rejects only when it was interrupted. */
export async function experiment(options: ExperimentOptions): Promise<RowResult> {
  const { fault, seed, signal, workshop } = options;
  const sinceMs = performance.now();
  const notes: string[] = [];
  const { id, title, did, human } = fault;
  const row = (found: Pick<RowResult, 'outcome' | 'reasons' | 'measured'>): RowResult => ({
    id,
    title,
    did,
    human,
    notes,
    seed,
    command: commandOf(id, seed),
    seconds: (performance.now() - sinceMs) / MS_PER_SECOND,
    ...found,
  });
  try {
    return row(await attempt(options, notes));
  } catch (error) {
    signal.throwIfAborted();
    const isImpossible = error instanceof NotPossibleError || error instanceof KafkaSetupError;
    return row({ outcome: isImpossible ? 'not possible' : 'failed', reasons: [(error as Error).message], measured: null });
  } finally {
    await workshop.close();
  }
}
