import { execFile } from 'node:child_process';
import { writeFile, open } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { NotPossibleError } from '../harness/not-possible.ts';
import type { Workshop } from '../harness/workshop.ts';

const SOURCE = join(import.meta.dirname, 'step-clock.c');
const COMPILE_TIMEOUT_MS = 60_000;
const PROOF_SECONDS = 3_600;
const MS_PER_SECOND = 1_000;

/** A wall clock that can be stepped while processes run: those that are started with `environment`, and no other. */
export class StepClock {
  readonly environment: Readonly<Record<string, string>>;
  private readonly file: string;

  private constructor(library: string, file: string) {
    this.file = file;
    this.environment = { LD_PRELOAD: library, STEP_CLOCK_FILE: file };
  }

  /** Throws NotPossibleError without a C compiler, or where nothing can be preloaded. */
  static async make(workshop: Workshop): Promise<StepClock> {
    if (process.platform !== 'linux') throw new NotPossibleError('the clock of one process can only be stepped on Linux here');
    const folder = await workshop.folder();
    const library = join(folder, 'step-clock.so');
    try {
      await promisify(execFile)('cc', ['-shared', '-fPIC', '-O2', '-o', library, SOURCE, '-ldl'], { timeout: COMPILE_TIMEOUT_MS });
    } catch (error) {
      throw new NotPossibleError(`stepping a clock needs a C compiler (cc): ${(error as Error).message.split('\n')[0] ?? ''}`);
    }
    const clock = new StepClock(library, join(folder, 'seconds'));
    await writeFile(clock.file, Buffer.alloc(BigInt64Array.BYTES_PER_ELEMENT), { mode: 0o644 });
    await clock.prove();
    return clock;
  }

  /** A new process has to see a step. */
  private async prove(): Promise<void> {
    await this.step(PROOF_SECONDS);
    const env = { ...process.env, NODE_OPTIONS: '', ...this.environment };
    const { stdout } = await promisify(execFile)(process.execPath, ['-p', 'Date.now()'], { env, timeout: COMPILE_TIMEOUT_MS });
    await this.step(0);
    const aheadSeconds = (Number(stdout) - Date.now()) / MS_PER_SECOND;
    if (!(aheadSeconds > PROOF_SECONDS / 2)) throw new NotPossibleError('a preloaded library does not reach the clock of a process here');
  }

  /** So many seconds off the true time from now on, for all its processes at once. */
  async step(seconds: number): Promise<void> {
    const file = await open(this.file, 'r+');
    try {
      await file.write(Buffer.from(BigInt64Array.of(BigInt(seconds)).buffer), 0, BigInt64Array.BYTES_PER_ELEMENT, 0);
    } finally {
      await file.close();
    }
  }
}
