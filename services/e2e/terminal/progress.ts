const REDRAW_INTERVAL_MS = 250;
const LINE_INTERVAL_MS = 5_000;

/**
 * What a long command is doing. On a terminal one line that is written over, elsewhere (a file, a CI log) a line every few seconds, with `quiet` nothing. It goes
 * to standard error, so that standard output holds the result alone.
 */
export class Progress {
  private readonly stream: NodeJS.WriteStream;
  private readonly quiet: boolean;
  private readonly startedMs = performance.now();
  private writtenMs = -Infinity;
  private isLineOpen = false;

  constructor(options: { quiet?: boolean; stream?: NodeJS.WriteStream } = {}) {
    this.stream = options.stream ?? process.stderr;
    this.quiet = options.quiet ?? false;
  }

  /** Shows the line if the last one is old enough; `line` is only asked for then. */
  update(line: () => string): void {
    const now = performance.now();
    if (this.quiet || now - this.writtenMs < (this.stream.isTTY ? REDRAW_INTERVAL_MS : LINE_INTERVAL_MS)) return;
    this.writtenMs = now;
    const text = `${((now - this.startedMs) / 1000).toFixed(0)} s  ${line()}`;
    if (!this.stream.isTTY) {
      this.stream.write(`${text}\n`);
      return;
    }
    this.stream.write(`\r\u001b[K${text.slice(0, Math.max(20, this.stream.columns) - 1)}`);
    this.isLineOpen = true;
  }

  /** A line that stays. */
  say(line: string): void {
    if (this.quiet) return;
    this.close();
    this.stream.write(`${line}\n`);
  }

  /** Takes the moving line away. */
  close(): void {
    if (this.isLineOpen) this.stream.write('\r\u001b[K');
    this.isLineOpen = false;
  }
}
