import { type DataOf, LedgerFlowProblem } from '@ledgerflow/client';
import type { Kept } from '../../api/queries.ts';
import { paths } from '../../app/paths.ts';
import { formatAmount } from '../../ui/money/index.ts';
import { plain, tell } from '../../ui/problem/index.ts';
import { formatDuration, type Instant } from '../../ui/time/index.ts';
import { headsGoneSince } from './lag.ts';
import { strings } from './strings.ts';

/** Worst first. */
const SEVERITIES = ['critical', 'warning', 'unknown'] as const;
export type Severity = (typeof SEVERITIES)[number];

export interface Item {
  id: string;
  severity: Severity;
  title: string;
  detail: string;
  since?: Instant;
  /** The page that mends it. */
  link?: { to: string; label: string };
}

/** What there is to judge; absent: not asked, or no answer yet. */
export interface Facts {
  ledger: string;
  /** Of this machine's clock to the ledger's; negative: ahead. */
  behindMinutes?: number;
  trial?: (DataOf<'getTrialBalance'> & Kept) | undefined;
  health?: DataOf<'getHealth'> | undefined;
  outbox?: DataOf<'getOutbox'> | undefined;
  projections?: DataOf<'listProjections'> | undefined;
  letters?: DataOf<'listDeadLetters'> | undefined;
}

export const SERVICES_ID = 'services';
/** Beyond these a person would ask what is going on; what runs is behind by less. */
const OUTBOX_LATE_SECONDS = 30;
const PROJECTIONS_LATE_SECONDS = 10;

function* ofBooks({ ledger, trial }: Facts): Generator<Item> {
  if (trial === undefined || trial.balanced) return;
  const off = trial.currencies.filter(({ debits, credits }) => debits !== credits);
  const parts = off.map(({ currency, debits, credits }) => strings.sides(formatAmount(debits), formatAmount(credits), currency));
  yield {
    id: 'books',
    severity: 'critical',
    title: strings.unbalanced,
    detail: strings.unbalancedDetail(parts.join('; ')),
    link: { to: paths.trialBalance(ledger), label: strings.openTrialBalance },
  };
}

/** Of everybody's sources: who may not see dead letters and projections learns it from here. */
function* ofReadSide({ trial }: Facts): Generator<Item> {
  if (trial?.heldAt === undefined) return;
  yield { id: 'held', severity: 'critical', title: strings.readHeld, detail: strings.readHeldDetail(trial.heldAt), since: trial.asOf };
}

function* ofServices({ health }: Facts): Generator<Item> {
  for (const { name, ready, error, checks = [] } of health?.services ?? []) {
    const bad = checks.filter(({ ok }) => !ok);
    if (ready && bad.length === 0) continue;
    const own = error === undefined ? [] : [plain(error)];
    const reasons = [...own, ...bad.map((check) => `${check.name}: ${plain(check.reason ?? strings.noReason)}`)];
    const since = bad.map((check) => check.since).toSorted()[0];
    yield {
      id: `service ${name}`,
      severity: ready ? 'warning' : 'critical',
      title: ready ? strings.impaired(name) : strings.notReady(name),
      detail: reasons.length === 0 ? strings.noReason : reasons.join(' · '),
      ...(since === undefined ? {} : { since }),
      link: { to: `#${SERVICES_ID}`, label: strings.openServices },
    };
  }
}

const sumOf = (rows: readonly { backlog: string }[]): bigint => rows.reduce((sum, { backlog }) => sum + BigInt(backlog), 0n);

function* ofOutbox({ outbox }: Facts): Generator<Item> {
  if (outbox === undefined || outbox.relay === 'off') return;
  const link = { to: paths.outbox(), label: strings.openOutbox };
  const waiting = outbox.data.filter(({ backlog }) => backlog !== '0');
  const stopped = outbox.data.filter(
    ({ breaker, isLive, backlog }) => (breaker !== null && breaker !== 'closed') || (!isLive && backlog !== '0'),
  );
  if (stopped.length > 0) {
    const error = stopped.find(({ lastError }) => lastError !== null)?.lastError ?? null;
    const detail = strings.outboxStoppedDetail(sumOf(stopped), error);
    yield { id: 'outbox', severity: 'critical', title: strings.outboxStopped(stopped.length), detail, link };
    return;
  }
  const age = Math.max(0, ...waiting.map(({ oldestAgeSeconds }) => oldestAgeSeconds));
  if (age <= OUTBOX_LATE_SECONDS) return;
  const detail = strings.outboxLateDetail(sumOf(waiting), formatDuration(age));
  yield { id: 'outbox', severity: 'warning', title: strings.outboxLate, detail, link };
}

/** As many as there are; of a list that was cut, so many and more. */
export const countOf = ({ data, nextCursor }: { data: readonly unknown[]; nextCursor: string | null }): string =>
  `${data.length}${nextCursor === null ? '' : '+'}`;

function* ofLetters({ ledger, letters }: Facts): Generator<Item> {
  const [first] = letters?.data ?? [];
  if (letters === undefined || first === undefined) return;
  const since = letters.data.map(({ parkedAt }) => parkedAt).toSorted()[0];
  const error = letters.data.find((letter) => letter.error !== null)?.error ?? null;
  yield {
    id: 'letters',
    severity: 'critical',
    title: strings.letters(countOf(letters)),
    detail: strings.lettersDetail(error),
    ...(since === undefined ? {} : { since }),
    link: { to: paths.deadLetters({ ledger }), label: strings.openLetters },
  };
}

function* ofProjections({ ledger, projections, health }: Facts): Generator<Item> {
  const rows = projections?.data ?? [];
  const link = { to: paths.projections({ ledger }), label: strings.openProjections };
  const stopped = rows.find(({ stoppedReason }) => stoppedReason !== null);
  if (stopped !== undefined)
    yield { id: 'stopped', severity: 'critical', title: strings.stopped, detail: stopped.stoppedReason ?? '', link };
  const held = rows.filter(({ heldReason }) => heldReason !== null);
  for (const reason of new Set(held.map(({ heldReason }) => heldReason ?? ''))) {
    const these = held.filter(({ heldReason }) => heldReason === reason);
    const since = these.map(({ heldSince }) => heldSince).find((at) => at !== null);
    const title = strings.held(these.map(({ projection }) => projection).join(', '));
    yield {
      id: `held ${reason}`,
      severity: 'critical',
      title,
      detail: reason,
      ...(since === undefined || since === null ? {} : { since }),
      link,
    };
  }
  const diverged = Math.max(0, ...rows.map(({ divergences }) => divergences));
  if (diverged > 0) yield { id: 'diverged', severity: 'warning', title: strings.diverged(diverged), detail: strings.divergedDetail, link };
  // The builder's own check says it already where it is red.
  if (rows.some(({ lagRecords }) => lagRecords === null) && headsGoneSince(health) === null)
    yield { id: 'heads', severity: 'unknown', title: strings.headsGone, detail: strings.headsGoneDetail, link };
  const [late] = rows
    .filter(({ heldReason, stoppedReason, lagSeconds }) => heldReason === null && stoppedReason === null && lagSeconds !== null)
    .toSorted((a, b) => (b.lagSeconds ?? 0) - (a.lagSeconds ?? 0));
  const lateSeconds = late?.lagSeconds ?? 0;
  if (late === undefined || lateSeconds <= PROJECTIONS_LATE_SECONDS) return;
  const detail = strings.lateDetail(formatAmount(late.lagRecords ?? '0'), formatDuration(lateSeconds));
  yield { id: 'late', severity: 'warning', title: strings.late, detail, link };
}

function* ofClock({ behindMinutes = 0 }: Facts): Generator<Item> {
  if (behindMinutes === 0) return;
  const minutes = Math.abs(behindMinutes);
  const age = minutes < 60 ? strings.minutes(minutes) : formatDuration(minutes * 60);
  yield { id: 'clock', severity: 'warning', title: strings.clock(age, behindMinutes > 0), detail: strings.clockDetail };
}

/** What needs somebody, worst first; of the same severity the books before the services before what carries them. */
export function attentionOf(facts: Facts): Item[] {
  const items = [
    ...ofBooks(facts),
    ...ofReadSide(facts),
    ...ofServices(facts),
    ...ofOutbox(facts),
    ...ofLetters(facts),
    ...ofProjections(facts),
    ...ofClock(facts),
  ];
  return SEVERITIES.flatMap((severity) => items.filter((item) => item.severity === severity));
}

export type SourceName = keyof typeof strings.sources;

/** A source that gave a problem: what it would have told is not known. null where the bar on top says it already: no gateway, no session. */
export function failureOf(source: SourceName, error: unknown): Item | null {
  if (!(error instanceof LedgerFlowProblem) || error.status === 401) return null;
  const { title, detail, requestId } = tell(error);
  return {
    id: `failed ${source}`,
    severity: 'unknown',
    title: strings.failed(strings.sources[source]),
    detail: strings.failedDetail(detail === '' ? title : detail, requestId),
  };
}
