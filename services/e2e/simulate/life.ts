import { setTimeout as delay } from 'node:timers/promises';
import type { TownClock } from './clock.ts';
import { DAY_MS, type EventKind, type TownDays, type TownEvent } from './day.ts';
import type { EventOutcome, TownLedger } from './ledger.ts';
import { saveState, type TownState } from './state.ts';

/** What happened, by kind; amounts in minor units. */
export class Chronicle {
  readonly kinds = new Map<EventKind, { done: number; amount: bigint }>();
  bounced = 0;
  skipped = 0;
  last: TownEvent | null = null;

  note(event: TownEvent, outcome: EventOutcome): void {
    this.last = event;
    if (outcome !== 'done') {
      this[outcome] += 1;
      return;
    }
    const line = this.kinds.get(event.kind) ?? { done: 0, amount: 0n };
    this.kinds.set(event.kind, { done: line.done + 1, amount: line.amount + event.amount });
  }

  get done(): number {
    return [...this.kinds.values()].reduce((sum, { done }) => sum + done, 0);
  }
}

export interface Life {
  days: TownDays;
  ledger: TownLedger;
  state: TownState;
  chronicle: Chronicle;
  signal: AbortSignal;
  onProgress: (line: () => string) => void;
}

/** Of the past, so that an interruption loses little. */
const SAVE_EVERY_DAYS = 7;
/** The longest sleep between two looks at what is due. */
const SLEEP_MS_MAX = 500;
/** Of what is due at once, when the pace is faster than the ledger answers. */
const DUE_MAX = 200;

const dayOf = (timeMs: number, { firstDayMs }: TownState): number => Math.floor((timeMs - firstDayMs) / DAY_MS);
const dateText = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

async function through(life: Life, throughMs: number): Promise<void> {
  if (throughMs <= life.state.throughMs) return;
  life.state.throughMs = throughMs;
  await saveState(life.ledger, life.state);
}

/** Lets the past happen up to a time, each event in effect at its own. */
export async function fillHistory(life: Life, untilMs: number): Promise<void> {
  const { days, ledger, state, chronicle, signal } = life;
  for (let day = dayOf(state.throughMs, state); day <= dayOf(untilMs, state) && state.throughMs < untilMs; day++) {
    if (signal.aborted) return;
    const due = days.eventsOf(day).filter(({ timeMs }) => timeMs >= state.throughMs && timeMs < untilMs);
    await ledger.happen(due, true, (event, outcome) => chronicle.note(event, outcome));
    life.onProgress(() => `the past: ${dateText(days.midnight(day))}, ${chronicle.done} transactions, ${chronicle.bounced} bounced`);
    if (day % SAVE_EVERY_DAYS === 0) await through(life, Math.min(untilMs, days.midnight(day + 1)));
  }
  await through(life, untilMs);
}

/** Lives on by the clock, each event in effect when it is recorded, until a time in the town or the signal. */
export async function liveOn(life: Life, clock: TownClock, untilMs: number): Promise<void> {
  const { days, ledger, state, chronicle, signal } = life;
  for (let day = dayOf(state.throughMs, state); days.midnight(day) < untilMs && !signal.aborted; day++) {
    const fromMs = state.throughMs;
    const events = days.eventsOf(day).filter(({ timeMs }) => timeMs >= fromMs && timeMs < untilMs);
    for (let next = 0; next < events.length && !signal.aborted;) {
      const now = clock.timeMs();
      const due = events.slice(next, next + DUE_MAX).filter(({ timeMs }) => timeMs <= now);
      await ledger.happen(due, false, (event, outcome) => chronicle.note(event, outcome));
      next += due.length;
      const upcoming = events[next];
      life.onProgress(() => liveLine(clock, chronicle));
      if (due.length < DUE_MAX && upcoming !== undefined) await nap(Math.min(SLEEP_MS_MAX, clock.untilMs(upcoming.timeMs)), signal);
    }
    const endMs = Math.min(untilMs, days.midnight(day + 1));
    while (!signal.aborted && clock.untilMs(endMs) > 0) {
      await nap(Math.min(SLEEP_MS_MAX, clock.untilMs(endMs)), signal);
      life.onProgress(() => liveLine(clock, chronicle));
    }
    // What the interruption left of the day is done by the next run: its keys tell it what has happened already.
    if (!signal.aborted) await through(life, endMs);
  }
}

function liveLine(clock: TownClock, { done, bounced, last }: Chronicle): string {
  const time = new Date(clock.timeMs()).toISOString().slice(0, 16).replace('T', ' ');
  return `${time} in the town: ${done} transactions, ${bounced} bounced${last === null ? '' : `; last: ${last.reference}`}`;
}

const nap = (ms: number, signal: AbortSignal): Promise<void> => delay(ms, undefined, { signal }).catch(() => undefined);
