import { setTimeout as delay } from 'node:timers/promises';
import type { ServiceProcess } from '../stack/service.ts';
import type { Stack } from '../stack/stack.ts';
import type { Fault, FaultKind } from './history.ts';
import type { Random } from '../driver/index.ts';
import type { Disturbance } from './disturbance.ts';

export const FAULT_KINDS: readonly FaultKind[] = ['writer', 'postgres', 'broker', 'builder', 'gateway'];

/** Below and above the 5 s within which a stopped writer's transaction is ended by the database. */
const PAUSE_MIN_MS = 200;
const PAUSE_MAX_MS = 7_000;
const DOWN_MAX_MS = 500;
const PAUSE_SHARE = 0.3;
/** Writes that have to be answered after a fault before the next one may come. */
const PROGRESS_WRITES = 10;
const RECOVERY_MAX_MS = 40_000;
const POLL_MS = 20;

export interface FaultsOptions {
  stack: Stack;
  kinds: readonly FaultKind[];
  random: Random;
  /** Whether processes are paused as well as killed. */
  pauses: boolean;
  /** Between the recovery from one fault and the next, on average. */
  intervalMs: number;
  now: () => number;
  /** Writes that were answered 2xx so far. */
  progress: () => number;
}

interface Target {
  kind: FaultKind;
  name: string;
  pause: ((signal: 'SIGSTOP' | 'SIGCONT') => Promise<void> | void) | null;
  kill: () => Promise<void>;
  restart: () => Promise<void>;
}

function serviceTarget(kind: FaultKind, name: string, service: ServiceProcess): Target {
  return { kind, name, pause: (signal) => service.signal(signal), kill: () => service.kill(), restart: () => service.restart() };
}

function targetsOf({ stack, kinds }: FaultsOptions): Target[] {
  const { postgres, kafka } = stack;
  const all: Target[] = [
    ...stack.writers.map((writer, index) => serviceTarget('writer', `ledger-writer ${index}`, writer)),
    ...stack.builders.map((builder, index) => serviceTarget('builder', `read-model-builder ${index}`, builder)),
    serviceTarget('gateway', 'admin-gateway', stack.gateway),
    { kind: 'postgres', name: 'PostgreSQL', pause: null, kill: () => postgres.kill('SIGKILL'), restart: () => postgres.restart() },
  ];
  if (kafka !== null)
    all.push({
      kind: 'broker',
      name: 'Kafka broker',
      pause: (signal) => kafka.kill(0, signal),
      kill: () => kafka.kill(0, 'SIGKILL'),
      restart: () => kafka.restart(0),
    });
  return all.filter(({ kind }) => kinds.includes(kind));
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    if (signal.aborted) done();
    else signal.addEventListener('abort', () => done(), { once: true });
  });
}

/** Kills and pauses processes of a stack, one at a time, at random moments; each is back and writes are answered again before the next. */
export class Faults implements Disturbance {
  readonly list: Fault[] = [];
  private readonly options: FaultsOptions;
  private readonly targets: Target[];

  constructor(options: FaultsOptions) {
    this.options = options;
    this.targets = targetsOf(options);
  }

  /** Until the signal; a fault that has begun is ended. Throws when a process can not be started again. */
  async run(signal: AbortSignal): Promise<void> {
    const { random, intervalMs, kinds } = this.options;
    const present = kinds.filter((kind) => this.targets.some((target) => target.kind === kind));
    if (present.length === 0) return aborted(signal);
    while (!signal.aborted) {
      await delay(intervalMs * (0.5 + random.real()), undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      const kind = random.pick(present);
      await this.inflict(random.pick(this.targets.filter((target) => target.kind === kind)), signal);
    }
  }

  private async inflict(target: Target, signal: AbortSignal): Promise<void> {
    const { random, now, pauses } = this.options;
    const isPause = pauses && target.pause !== null && random.real() < PAUSE_SHARE;
    const lastsMs = isPause ? random.whole(PAUSE_MIN_MS, PAUSE_MAX_MS) : random.whole(0, DOWN_MAX_MS);
    const beganMs = now();
    const wait = (): Promise<void> => delay(lastsMs, undefined, { signal }).catch(() => undefined);
    const fault: Fault = {
      kind: target.kind,
      target: target.name,
      how: isPause ? 'pause' : 'kill',
      beganMs,
      endedMs: beganMs,
      recoveredMs: null,
    };
    try {
      if (isPause) {
        await target.pause?.('SIGSTOP');
        await wait();
        await target.pause?.('SIGCONT');
      } else {
        await target.kill();
        await wait();
        await target.restart();
      }
    } finally {
      // Also of a process that did not come back: it has not recovered.
      fault.endedMs = now();
      this.list.push(fault);
    }
    fault.recoveredMs = await this.recovered(fault.endedMs, signal);
  }

  private async recovered(endedMs: number, signal: AbortSignal): Promise<number | null> {
    const { now, progress } = this.options;
    const wanted = progress() + PROGRESS_WRITES;
    while (progress() < wanted) {
      if (signal.aborted) return now();
      if (now() - endedMs > RECOVERY_MAX_MS) return null;
      await delay(POLL_MS);
    }
    return now();
  }
}
