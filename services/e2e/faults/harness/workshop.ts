import { execFile, execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { chmod, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { NotPossibleError } from './not-possible.ts';

const run = promisify(execFile);
const COMMAND_TIMEOUT_MS = 30_000;
const MIB = 1024 * 1024;

/** Folders, small disks and other things that a row needs beside the stack; all are taken away by `close`. */
export class Workshop {
  private readonly mounts: string[] = [];
  private readonly folders: string[] = [];
  private readonly closers: (() => Promise<unknown>)[] = [];

  /** Called by `close`, the last first. */
  defer(close: () => Promise<unknown>): void {
    this.closers.push(close);
  }

  async folder(): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'ledgerflow-fault-'));
    this.folders.push(folder);
    // PostgreSQL may run as another user.
    await chmod(folder, 0o755);
    return folder;
  }

  /** A file system of its own with so many bytes. Throws NotPossibleError where nobody may mount one. */
  async smallDisk(bytes: number): Promise<string> {
    const folder = await this.folder();
    try {
      await run('mount', ['-t', 'tmpfs', '-o', `size=${Math.floor(bytes / MIB)}m,mode=0755`, 'tmpfs', folder], {
        timeout: COMMAND_TIMEOUT_MS,
      });
    } catch (error) {
      throw new NotPossibleError(
        `a small tmpfs could not be mounted here: ${(error as Error).message.split('\n').at(-1) || 'no reason given'}`,
      );
    }
    this.mounts.push(folder);
    return folder;
  }

  async close(): Promise<void> {
    for (const close of this.closers.splice(0).toReversed()) await close();
    this.closeNow();
  }

  /** The part that leaves traces beyond the end of this process, at once. */
  closeNow(): void {
    for (const folder of this.mounts.splice(0)) {
      try {
        execFileSync('umount', ['-l', folder], { timeout: COMMAND_TIMEOUT_MS, stdio: 'ignore' });
      } catch {
        // It is gone already.
      }
    }
    for (const folder of this.folders.splice(0)) rmSync(folder, { recursive: true, force: true });
  }
}
