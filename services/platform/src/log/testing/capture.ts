import { type Logger, loggerTo } from '../index.ts';
import { expectNoSecrets } from './expect.ts';
import type { KnownSecret } from './leaks.ts';

export interface CapturedLog {
  log: Logger;
  /** All that was logged so far. */
  text: () => string;
  /** Throws when a secret was logged. */
  expectNoSecrets: (known?: readonly KnownSecret[]) => void;
}

/** A logger as services have it, at level debug, whose lines are kept. */
export function captureLog(name: string): CapturedLog {
  const lines: string[] = [];
  const text = (): string => lines.join('');
  return {
    log: loggerTo({ write: (line: string) => void lines.push(line) }, name, 'debug'),
    text,
    expectNoSecrets: (known = []) => expectNoSecrets([{ name: `log of ${name}`, text: text() }], known),
  };
}
