import type { LatencySummary } from '../driver/index.ts';
import { table } from '../terminal/index.ts';
import type { BalancesReport } from './check/balances.ts';
import type { LedgerCheck } from './check/ledger.ts';
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
  /** Expected refusals by the ledger, by code. */
  refusals: Record<string, number>;
  /** Answers 409, 429 and 503 and lost connections, by code; writes among them were tried again. */
  busy: Record<string, number>;
  busyShare: number;
  retries: number;
  faults: FaultReport[];
  checks: { balances: BalancesReport; ledger: LedgerCheck };
  cpu: CpuReport | null;
}

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

function balancesLine({ ok, accounts, differences }: BalancesReport): string[] {
  if (ok) return [`balances   ok: ${accounts} accounts have what the acknowledged operations add up to`];
  return [
    `balances   WRONG: not what the acknowledged operations add up to`,
    ...differences.map(({ account, expected, found }) => `  ${account}: ${found ?? 'none'} instead of ${expected ?? 'none'}`),
  ];
}

function ledgerLines(check: LedgerCheck, ledger: string): string[] {
  if (check.by === 'api') {
    const what = `${check.records} records, ${check.entries} entries, ${check.accounts} accounts up to position ${check.position}`;
    return [
      `ledger     ${check.ok ? 'ok' : 'WRONG'} by the API alone, because ${check.because}`,
      check.ok
        ? `           ${what}: positions and versions dense, records sum to zero, log = balances = trial balance`
        : `           ${check.difference}`,
    ];
  }
  if (check.ok)
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
    ...(cpu === null
      ? []
      : [
          `cpu        ${cpu.load.toFixed(2)} s here, ${cpu.stack.toFixed(2)} s in the stack: ${(cpu.share * 100).toFixed(1)} % (${counted(roundedSeconds(cpu.byProcess))})`,
        ]),
    ...balancesLine(checks.balances),
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
  faults: readonly { count: number }[];
  busyShare: number;
  options: { busyMax: number };
  checks: { balances: { ok: boolean }; ledger: { ok: boolean } };
}

/** What makes a run end with exit code 1, for people; empty if nothing does. */
export function reasonsOf({ faults, busyShare, options, checks }: Judged): string[] {
  const count = faults.reduce((sum, fault) => sum + fault.count, 0);
  return [
    ...(count > 0 ? [`${count} faults`] : []),
    ...(busyShare > options.busyMax
      ? [`${(busyShare * 100).toFixed(1)} % of the requests were answered busy or not at all, above --busy-max`]
      : []),
    ...(checks.balances.ok ? [] : ['balances differ from what was acknowledged']),
    ...(checks.ledger.ok ? [] : ['the ledger is not consistent']),
  ];
}
