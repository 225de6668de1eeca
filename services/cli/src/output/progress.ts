const INTERVAL_MS = 200;

/** One line that is written over, while something takes its time. On a terminal only: a log or a program does not want it. */
export class Progress {
  private readonly stream: NodeJS.WritableStream & { isTTY?: boolean };
  private isOpen = false;
  private shownMs = -Infinity;

  constructor(stream: NodeJS.WritableStream & { isTTY?: boolean }) {
    this.stream = stream;
  }

  update(text: string): void {
    if (this.stream.isTTY !== true || performance.now() - this.shownMs < INTERVAL_MS) return;
    this.shownMs = performance.now();
    this.isOpen = true;
    this.stream.write(`\r\u001b[K${text}`);
  }

  close(): void {
    if (this.isOpen) this.stream.write('\r\u001b[K');
    this.isOpen = false;
  }
}
