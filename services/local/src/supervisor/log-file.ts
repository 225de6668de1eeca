import { closeSync, copyFileSync, ftruncateSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const BYTES_MAX = 32 * 1_048_576;
const CHECK_INTERVAL_MS = 5_000;
const TAIL_BYTES = 16_384;
const LINES_SEARCHED = 60;

/** The message of a JSON line of level error or fatal, else null. */
function loggedError(line: string): string | null {
  if (!line.startsWith('{"level":"error"') && !line.startsWith('{"level":"fatal"')) return null;
  try {
    const entry = JSON.parse(line) as { msg?: string; err?: { message?: string } };
    return entry.err?.message ?? entry.msg ?? null;
  } catch {
    return null;
  }
}

/**
 * A service's log, which the service writes itself (so nothing is lost when the supervisor is). One that grows beyond BYTES_MAX is
 * moved to `<name>.log.1`, by copying and truncating: the writer keeps its open file.
 */
export class LogFile {
  readonly path: string;
  readonly fd: number;
  private readonly timer: NodeJS.Timeout;
  private closed = false;

  constructor(folder: string, name: string) {
    this.path = join(folder, `${name}.log`);
    this.fd = openSync(this.path, 'a+', 0o600);
    this.rotate();
    this.timer = setInterval(() => this.rotate(), CHECK_INTERVAL_MS);
    this.timer.unref();
  }

  private rotate(): void {
    if (fstatSync(this.fd).size < BYTES_MAX) return;
    copyFileSync(this.path, `${this.path}.1`);
    ftruncateSync(this.fd, 0);
  }

  line(text: string): void {
    if (!this.closed) writeSync(this.fd, `${text}\n`);
  }

  /** The last lines, oldest first. */
  tail(count: number): string[] {
    const { size } = fstatSync(this.fd);
    const buffer = Buffer.alloc(Math.min(size, TAIL_BYTES));
    readSync(this.fd, buffer, 0, buffer.length, size - buffer.length);
    return buffer.toString('utf8').trimEnd().split('\n').slice(-count);
  }

  /** Why the writer ended, as far as its last lines tell: the message of its last error. */
  reason(): string {
    const lines = this.tail(LINES_SEARCHED).reverse();
    for (const line of lines) {
      const error = /^(?:\w*Error(?: \[\w+\])?): (.+)/.exec(line)?.[1] ?? loggedError(line);
      if (error !== null) return error;
    }
    return lines.find((line) => line.trim() !== '') ?? 'it said nothing';
  }

  close(): void {
    this.closed = true;
    clearInterval(this.timer);
    closeSync(this.fd);
  }
}
