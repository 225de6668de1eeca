import type { LatencySummary } from '../driver/index.ts';
import { table } from '../terminal/index.ts';
import type { BalancesReport } from './check/balances.ts';
import type { HistoryReport } from './check/history.ts';
import type { LedgerCheck } from './check/ledger.ts';
import type { NotPossible, Outcome } from './check/outcome.ts';
import type { LoadOptions } from './options.ts';
import type { FaultReport, OperationReport } from './tally.ts';

export interface CpuReport {
  /** Of this process during the load, in seconds. */
  load: number;
  /** Of the services and their database. */
  stack: number;
  /** load / stack. */
  share: number;
  byProcess: Record<string, number>;
}

export interface Checks {
  balances: BalancesReport | NotPossible;
  history: HistoryReport | NotPossible;
  ledger: LedgerCheck | NotPossible;
}

export interface LoadReport {
  ok: boolean;
  /** Why not, one line each. */
  reasons: string[];
  ledger: string;
  /** Whether the run opened it. */
  ledgerOpened: boolean;
  run: string;
  seed: number;
  startedAt: string;
  interrupted: boolean;
  /** Whether the load began, or it ended while accounts were opened. */
  hasBegun: boolean;
  options: Omit<LoadOptions, 'token' | 'json'>;
  seedSeconds: number;
  /** From the first operation to the last answer. */
  seconds: number;
  total: { count: number; perSecond: number; latency: LatencySummary };
  operations: OperationReport[];
  /** Transfers within batches; null without --batch. */
  batched: { done: number; refused: number; donePerSecond: number } | null;
  /** Open loop: what came due and was not begun. Null in a closed loop. */
  shed: number | null;
  /** Of all that came due. Null in a closed loop. */
  shedShare: number | null;
  /** Expected refusals by the ledger, by code. */
  refusals: Record<string, number>;
  /** Answers 409, 429 and 503 and lost connections, by code; writes among them were tried again. */
  busy: Record<string, number>;
  /** Of all requests, tries again included. */
  busyShare: number;
  retries: number;
  faults: FaultReport[];
  checks: Checks;
  cpu: CpuReport | null;
  /** CPU seconds here for each of the stack; null where it is not known. */
  cpuShare: number | null;
}

/** Above it the figures of a load say as much about itself as about what it loads. */
const CPU_SHARE_SHOULD = 0.2;
const LABEL_WIDTH = 11;

const ms = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toFixed(value >= 10 ? 1 : 2));
const latencyCells = ({ p50Ms, p90Ms, p99Ms, p999Ms, maxMs }: LatencySummary): string[] => [p50Ms, p90Ms, p99Ms, p999Ms, maxMs].map(ms);
const counted = (counts: Record<string, number>): string =>
  Object.entries(counts)
    .map(([code, count]) => `${code} ${count}`)
    .join(', ') || 'none';

function operationTable({ operations, total }: LoadReport): string {
  const sum = (pick: (line: OperationReport) => number): string => String(operations.reduce((all, line) => all + pick(line), 0));
  return table(
    ['operation', 'count', 'done', 'refused', 'busy', 'faults', '/s', 'p50 ms', 'p90 ms', 'p99 ms', 'p99.9 ms', 'max ms'],
    [
      ...operations.map((line) => [
        line.operation,
        ...[line.count, line.done, line.refused, line.busy, line.faults].map(String),
        line.perSecond.toFixed(1),
        ...latencyCells(line.latency),
      ]),
      [
        'all',
        String(total.count),
        sum((line) => line.done),
        sum((line) => line.refused),
        sum((line) => line.busy),
        sum((line) => line.faults),
        total.perSecond.toFixed(1),
        ...latencyCells(total.latency),
      ],
    ],
  );
}

const impossibleLine = (check: string, { why }: NotPossible): string[] => [`${check.padEnd(LABEL_WIDTH)}NOT POSSIBLE: ${why}`];

function balancesLine(report: BalancesReport | NotPossible): string[] {
  if (report.outcome === 'not possible') return impossibleLine('balances', report);
  const { outcome, accounts, doubtful, differences } = report;
  const left = doubtful === 0 ? '' : `, without ${doubtful} with a write that was never answered`;
  if (outcome === 'ok') return [`balances   ok: ${accounts} accounts have what the acknowledged operations add up to${left}`];
  return [
    `balances   WRONG: not what the acknowledged operations add up to`,
    ...differences.map(({ account, expected, found }) => `  ${account}: ${found ?? 'none'} instead of ${expected ?? 'none'}`),
  ];
}

function historyLine(report: HistoryReport | NotPossible): string[] {
  if (report.outcome === 'not possible') return impossibleLine('history', report);
  const { outcome, accounts, of, entries, difference } = report;
  return [outcome === 'ok' ? `history    ok: ${entries} entries of ${accounts} of ${of} accounts` : `history    WRONG: ${difference}`];
}

function ledgerLines(check: LedgerCheck | NotPossible, ledger: string): string[] {
  if (check.outcome === 'not possible') return impossibleLine('ledger', check);
  if (check.by === 'api') {
    const what = `${check.records} records, ${check.entries} entries, ${check.accounts} accounts up to position ${check.position}`;
    return [
      `ledger     ${check.outcome === 'ok' ? 'ok' : 'WRONG'} by the API alone, because ${check.because}`,
      check.outcome === 'ok'
        ? `           ${what}: positions and versions dense, records sum to zero, log = balances = trial balance`
        : `           ${check.difference}`,
    ];
  }
  if (check.outcome === 'ok')
    return [
      `ledger     ok in ${check.target}: ${check.records} records, ${check.entries} entries in ${check.seconds.toFixed(1)} s`,
      `           ${check.checks.map(({ name, count }) => `${name} ${count}`).join(', ')}`,
    ];
  const { difference } = check;
  const where = [difference?.position && `position ${difference.position}`, difference?.account && `account ${difference.account}`].filter(
    Boolean,
  );
  return [
    `ledger     WRONG in ${check.target}: ${difference?.check} of ${ledger}${where.length > 0 ? `, ${where.join(', ')}` : ''}: ${difference?.message}`,
  ];
}

function cpuLines(cpu: CpuReport | null): string[] {
  if (cpu === null) return ['cpu        unknown: no LedgerFlow of this machine was found behind the address'];
  const { load, stack, share, byProcess } = cpu;
  return [
    `cpu        ${load.toFixed(2)} s here, ${stack.toFixed(2)} s in the stack: ${(share * 100).toFixed(1)} % (${counted(roundedSeconds(byProcess))})`,
    ...(share > CPU_SHARE_SHOULD ? ['           more than a fifth: the load takes from what it measures'] : []),
  ];
}

/** The report for people; all of it and more is in the JSON document. */
export function renderReport(report: LoadReport): string {
  const { batched, shed, cpu, checks } = report;
  return [
    '',
    operationTable(report),
    '',
    `load       ${report.seconds.toFixed(1)} s on ledger ${report.ledger} with seed ${report.seed}${report.interrupted ? ', interrupted' : ''}`,
    ...(batched === null
      ? []
      : [`batched    ${batched.done} transfers done (${batched.donePerSecond.toFixed(1)}/s), ${batched.refused} refused`]),
    ...(shed === null
      ? []
      : [`shed       ${shed} operations came due while ${report.options.inFlightMax} were in flight, and were not begun`]),
    `refusals   ${counted(report.refusals)} (expected)`,
    `busy       ${counted(report.busy)}${report.retries > 0 ? `; ${report.retries} times tried again` : ''}`,
    ...cpuLines(cpu),
    ...balancesLine(checks.balances),
    ...historyLine(checks.history),
    ...ledgerLines(checks.ledger, report.ledger),
    ...report.faults.map(({ what, count, example }) => `FAULT      ${count} × ${what}; first: ${example}`),
    report.ok ? 'ok' : `NOT OK: ${report.reasons.join('; ')}`,
    '',
  ].join('\n');
}

const roundedSeconds = (seconds: Record<string, number>): Record<string, number> =>
  Object.fromEntries(Object.entries(seconds).map(([name, value]) => [name, Number(value.toFixed(2))]));

/** What the exit code depends on. */
interface Judged {
  hasBegun: boolean;
  interrupted: boolean;
  operations: readonly { done: number }[];
  faults: readonly { count: number }[];
  busyShare: number;
  shedShare: number | null;
  cpuShare: number | null;
  options: { busyMax: number; shedMax: number; cpuShareMax?: number };
  checks: Record<keyof Checks, { outcome: Outcome } | NotPossible>;
}

const WRONG: Record<keyof Checks, string> = {
  balances: 'balances differ from what was acknowledged',
  history: 'the history of an account differs from what was acknowledged',
  ledger: 'the ledger is not consistent',
};

function emptiness({ hasBegun, interrupted, operations }: Judged): string[] {
  if (!hasBegun) return [`the load never began${interrupted ? ': it was interrupted while accounts were opened' : ''}`];
  return operations.some(({ done }) => done > 0) ? [] : ['no operation succeeded: nothing is shown'];
}

function cpuReasons({ cpuShare, options: { cpuShareMax } }: Judged): string[] {
  if (cpuShareMax === undefined) return [];
  if (cpuShare === null) return ['the CPU of the stack is unknown, and --cpu-share-max asks for it'];
  return cpuShare > cpuShareMax ? [`the load took ${(cpuShare * 100).toFixed(1)} % of the CPU of the stack, above --cpu-share-max`] : [];
}

/** What makes a run end with exit code 1, for people; empty if nothing does. A check that was not possible does, unless that is in order. */
export function reasonsOf(judged: Judged): string[] {
  const { faults, busyShare, shedShare, options, checks } = judged;
  const count = faults.reduce((sum, fault) => sum + fault.count, 0);
  return [
    ...emptiness(judged),
    ...(count > 0 ? [`${count} faults`] : []),
    ...(busyShare > options.busyMax
      ? [`${(busyShare * 100).toFixed(1)} % of the requests were answered busy or not at all, above --busy-max`]
      : []),
    ...(shedShare !== null && shedShare > options.shedMax
      ? [`${(shedShare * 100).toFixed(1)} % of the operations that came due were shed, above --shed-max: the rate was not reached`]
      : []),
    ...cpuReasons(judged),
    ...(Object.keys(WRONG) as (keyof Checks)[]).flatMap((name) => {
      const check = checks[name];
      if (check.outcome === 'wrong') return [WRONG[name]];
      return 'why' in check && !check.isExpected ? [`the check of the ${name} was not possible: ${check.why}`] : [];
    }),
  ];
}
