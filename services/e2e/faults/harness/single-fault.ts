import { setTimeout as delay } from 'node:timers/promises';
import type { Disturbance, Scene } from '../../history/disturbance.ts';
import type { Fault as HistoryFault } from '../../history/history.ts';
import type { Stack } from '../../stack/stack.ts';
import type { Fault, Site } from './fault.ts';
import { type Recovered, untilRecovered } from './recovery.ts';
import { type RelayWatch, watchRelay } from './relayed.ts';

const MS_PER_SECOND = 1_000;
/** Writes that have to be answered before a fault may come. */
const WARM_WRITES = 30;
const WARM_UP_MAX_MS = 60_000;
const PROGRESS_MAX_MS = 60_000;
const RECOVERY_MAX_MS = 60_000;
const POLL_MS = 10;

/** On the clock of the history, in milliseconds. */
export interface Course {
  beganMs: number;
  endedMs: number;
  recovered: Recovered;
}

export interface SingleFaultOptions {
  fault: Fault;
  stack: Stack;
  /** Of load before the fault, and again after the recovery. */
  seconds: number;
  onNote: (text: string) => void;
  onPhase: (phase: string) => void;
}

/** One fault in the middle of a run: load, fault, recovery measured, load again, and the run is over. */
export class SingleFault implements Disturbance {
  readonly list: HistoryFault[] = [];
  /** Null until the fault is over and recovery was measured. */
  course: Course | null = null;
  private readonly options: SingleFaultOptions;
  private readonly scene: Scene;
  private beganMs: number | null = null;
  private endedMs: number | null = null;
  private recovery: Promise<Recovered> | null = null;
  private readonly relay: RelayWatch;

  constructor(options: SingleFaultOptions, scene: Scene) {
    this.options = options;
    this.scene = scene;
    this.relay = watchRelay(options.stack);
  }

  async run(signal: AbortSignal): Promise<void> {
    try {
      await this.goThrough(signal);
    } finally {
      await this.relay.close();
    }
  }

  private async goThrough(signal: AbortSignal): Promise<void> {
    const { fault, seconds, onPhase } = this.options;
    const { scene } = this;
    const record: HistoryFault = { kind: 'other', target: fault.title, how: 'other', beganMs: 0, endedMs: 0, recoveredMs: null };
    if (fault.mayGoBack === true) Object.assign(record, { kind: 'postgres', how: 'kill' });
    if (fault.raisesEpoch === true) record.raisesEpoch = true;
    const site = this.site(signal);
    onPhase('load');
    await site.progress(WARM_WRITES, WARM_UP_MAX_MS);
    await site.wait(seconds * MS_PER_SECOND);
    onPhase('fault');
    record.beganMs = scene.now();
    this.list.push(record);
    try {
      await fault.inflict(site);
    } finally {
      site.struck();
      site.over();
      record.endedMs = scene.now();
    }
    onPhase('recovery');
    const recovered = await (this.recovery as Promise<Recovered>);
    signal.throwIfAborted();
    this.course = { beganMs: this.beganMs as number, endedMs: this.endedMs as number, recovered };
    const isBack = recovered.writesMs !== null && recovered.relayMs !== null;
    record.recoveredMs = isBack ? recovered.readsMs : null;
    // What was shown before and is lost can be missed by reads that began before it was there again.
    record.endedMs = recovered.readsMs ?? scene.now();
    onPhase('load again');
    await site.wait(seconds * MS_PER_SECOND);
  }

  private site(signal: AbortSignal): Site {
    const { fault, stack, onNote } = this.options;
    const { scene } = this;
    const measure = (): Promise<Recovered> => untilRecovered(scene, fault.recoveryMaxMs ?? RECOVERY_MAX_MS, signal, this.relay.isRelayed);
    return {
      stack,
      scene,
      signal,
      random: scene.random,
      note: onNote,
      struck: () => {
        if (this.beganMs !== null) return;
        this.beganMs = scene.now();
        if (fault.since === 'begin') this.recovery = measure();
      },
      over: () => {
        if (this.endedMs !== null) return;
        this.endedMs = scene.now();
        this.recovery ??= measure();
      },
      wait: (ms) => delay(ms, undefined, { signal }),
      progress: async (writes, boundMs = PROGRESS_MAX_MS) => {
        const { acknowledged } = scene.clients;
        const deadlineMs = scene.now() + boundMs;
        while (scene.clients.acknowledged < acknowledged + writes) {
          if (scene.now() > deadlineMs) throw new Error(`no ${writes} writes were answered within ${boundMs} ms`);
          await delay(POLL_MS, undefined, { signal });
        }
      },
    };
  }
}
