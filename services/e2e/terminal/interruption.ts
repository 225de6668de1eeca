/** As a shell reports a process that Ctrl-C ended. */
export const EXIT_INTERRUPTED = 130;

/**
 * One Ctrl-C reaches a command more than once when npm runs it through a shell that passes the signal on beside the terminal: within milliseconds, which no
 * person presses twice.
 */
const SAME_MS = 500;

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

export interface InterruptionOptions {
  /** After a first signal, before it is passed on: for a line to the person who waits. */
  onFirst?: () => void;
  /** On a second signal, before the process ends: only what is synchronous can be done. */
  onSecond?: () => void;
  /** Where the signals come from; this process unless a test says otherwise. */
  source?: Pick<NodeJS.EventEmitter, 'on'>;
  exit?: (code: number) => void;
  nowMs?: () => number;
}

/**
 * The abort signal of a command. The first SIGINT or SIGTERM aborts it, so that the command can end in order; another one more than SAME_MS after the first ends
 * the process at once with EXIT_INTERRUPTED.
 */
export function interruption(options: InterruptionOptions = {}): AbortSignal {
  const { source = process, exit = process.exit.bind(process), nowMs = performance.now.bind(performance) } = options;
  const stopping = new AbortController();
  let firstMs: number | null = null;
  const signalled = (): void => {
    if (firstMs === null) {
      firstMs = nowMs();
      options.onFirst?.();
      stopping.abort();
    } else if (nowMs() - firstMs > SAME_MS) {
      options.onSecond?.();
      exit(EXIT_INTERRUPTED);
    }
  };
  for (const signal of SIGNALS) source.on(signal, signalled);
  return stopping.signal;
}
