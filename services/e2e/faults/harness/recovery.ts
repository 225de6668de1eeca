import { setTimeout as delay } from 'node:timers/promises';
import type { Scene } from '../../history/disturbance.ts';

/** A new question so often: the resolution of what is measured. Each has its own key, and none waits for those before it. */
const ASK_EVERY_MS = 100;
/** Questions of a ledger that wait for their answer at once. */
const ASKING_MAX = 40;

/** Milliseconds on the clock of the history; null: not within the bound. */
export interface Recovered {
  /** When in every ledger a new write was answered 2xx. */
  writesMs: number | null;
  /** When in every ledger the balance that such a write changed was read with its token. */
  readsMs: number | null;
  /** When Kafka had all such writes; undefined in a stack without it. */
  relayMs?: number | null;
}

/** Whether a ledger's log is in Kafka up to a position. */
export type IsRelayed = (ledger: string, position: bigint) => Promise<boolean>;

/** Questions to one ledger after another, until one is answered. */
class Asking {
  private readonly now: () => number;
  private readonly deadlineMs: number;
  private readonly signal: AbortSignal;
  private readonly open = new Set<Promise<void>>();

  constructor(now: () => number, deadlineMs: number, signal: AbortSignal) {
    this.now = now;
    this.deadlineMs = deadlineMs;
    this.signal = signal;
  }

  /** The first answer that is not null; null when the time is over. Those that still wait then are left to `rest`. */
  async first<T>(ask: () => Promise<T | null>): Promise<T | null> {
    const first = Promise.withResolvers<T>();
    const found: { answer: T | null } = { answer: null };
    while (found.answer === null && this.now() < this.deadlineMs && !this.signal.aborted) {
      if (this.open.size < ASKING_MAX) {
        const one = ask()
          .then((answer) => {
            if (answer === null) return;
            found.answer ??= answer;
            first.resolve(answer);
          })
          .finally(() => this.open.delete(one));
        this.open.add(one);
      }
      await Promise.race([first.promise, delay(ASK_EVERY_MS)]);
    }
    return found.answer;
  }

  /** Until all that was asked is in the history with its outcome. */
  async rest(): Promise<void> {
    await Promise.all(this.open);
  }
}

const NEVER: Recovered = { writesMs: null, readsMs: null, relayMs: null };

async function ofLedger({ clients, now }: Scene, ledger: string, asking: Asking, isRelayed: IsRelayed | null): Promise<Recovered> {
  const written = await asking.first(async () => {
    const token = await clients.deposit(ledger);
    return token === null ? null : { token, atMs: now() };
  });
  if (written === null) return NEVER;
  const { token, atMs: writesMs } = written;
  const read = asking.first(async () => ((await clients.readBack(ledger, token)) ? now() : null));
  if (isRelayed === null) return { writesMs, readsMs: await read };
  // A database that does not answer has not said yes.
  const relayed = asking.first(async () => ((await isRelayed(ledger, token.position).catch(() => false)) ? now() : null));
  return { writesMs, readsMs: await read, relayMs: await relayed };
}

const latest = (moments: readonly (number | null)[]): number | null =>
  moments.reduce<number | null>((most, one) => (most === null || one === null ? null : Math.max(most, one)), 0);

/** Measures from now on, in all ledgers at once, for `boundMs` at most. */
export async function untilRecovered(
  scene: Scene,
  boundMs: number,
  signal: AbortSignal,
  isRelayed: IsRelayed | null = null,
): Promise<Recovered> {
  const deadlineMs = scene.now() + boundMs;
  const askings = scene.ledgers.map(() => new Asking(scene.now, deadlineMs, signal));
  const moments = await Promise.all(scene.ledgers.map((ledger, index) => ofLedger(scene, ledger, askings[index] as Asking, isRelayed)));
  await Promise.all(askings.map((asking) => asking.rest()));
  const recovered = { writesMs: latest(moments.map((one) => one.writesMs)), readsMs: latest(moments.map((one) => one.readsMs)) };
  return isRelayed === null ? recovered : { ...recovered, relayMs: latest(moments.map(({ relayMs = null }) => relayMs)) };
}
