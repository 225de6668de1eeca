import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { spawnGuarded } from '../../../services/e2e/programs/guard.ts';
import type { Guarded } from '../../../services/e2e/programs/guard.ts';

/** Seconds on an idle machine; a minute was seen on one with thirty other processes at work. */
const READY_TIMEOUT_MS = 180_000;
const POLL_MS = 50;
const LOG_LINES_MAX = 60;

export interface ServicePlan {
  name: string;
  command: string;
  args: readonly string[];
  cwd: string;
  /** Asked again and again until it says yes. */
  isReady: () => Promise<boolean>;
}

/** One program of the control plane: start and wait until it serves, kill, start again. */
export class Service {
  readonly plan: ServicePlan;
  private running: Guarded | null = null;
  private lines: string[] = [];

  constructor(plan: ServicePlan) {
    this.plan = plan;
  }

  get pid(): number | null {
    return this.running?.child.pid ?? null;
  }

  /** A program that ends or is not ready in time fails with the last lines of its log. */
  async start(): Promise<void> {
    const { name, command, args, cwd, isReady } = this.plan;
    if (this.running !== null) throw new Error(`${name} runs already`);
    this.lines = [];
    const guarded = spawnGuarded(command, args, { cwd, throwAwayDir: cwd });
    this.running = guarded;
    let ending: string | null = null;
    void guarded.ended.then((how) => {
      ending = how;
      if (this.running === guarded) this.running = null;
    });
    for (const stream of [guarded.child.stdout, guarded.child.stderr]) {
      if (stream === null) continue;
      createInterface({ input: stream }).on('line', (line) => {
        this.lines.push(line);
        if (this.lines.length > LOG_LINES_MAX) this.lines.shift();
      });
    }
    const deadline = Date.now() + READY_TIMEOUT_MS;
    while (!(await isReady())) {
      const isLate = Date.now() > deadline;
      if (ending === null && !isLate) {
        await delay(POLL_MS);
        continue;
      }
      await this.kill();
      const why = ending === null ? `was not ready within ${READY_TIMEOUT_MS} ms` : `ended while it started (${String(ending)})`;
      throw new Error(`${name} ${why}. The end of its log:\n${this.lines.join('\n')}`);
    }
  }

  /** SIGSTOP and SIGCONT suspend and resume. */
  signal(name: 'SIGSTOP' | 'SIGCONT'): void {
    this.running?.signal(name);
  }

  /** SIGKILL, and waits for the end. */
  async kill(): Promise<void> {
    const guarded = this.running;
    if (guarded === null) return;
    guarded.signal('SIGKILL');
    await guarded.ended;
    this.running = null;
  }
}
