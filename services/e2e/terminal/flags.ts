import { type Command, CommanderError, InvalidArgumentError } from 'commander';

/** As in sysexits.h the tools tell a wrong command line (2) from what they found (1). */
export const EXIT_USAGE = 2;

type Parser = (text: string) => number;

function decimal(text: string): number {
  const value = /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isFinite(value)) throw new InvalidArgumentError('it is not a number.');
  return value;
}

/** A parser of whole numbers from `min` to `max`, both included, for commander's options. */
export function whole(min: number, max: number = Number.MAX_SAFE_INTEGER): Parser {
  return (text) => {
    const value = decimal(text);
    if (!Number.isSafeInteger(value) || value < min || value > max)
      throw new InvalidArgumentError(`it is not a whole number from ${min} to ${max}.`);
    return value;
  };
}

export const positive: Parser = (text) => {
  const value = decimal(text);
  if (value <= 0) throw new InvalidArgumentError('it is not above 0.');
  return value;
};

/** Above 0, up to `max`, which is included. */
export function positiveUpTo(max: number): Parser {
  return (text) => {
    const value = positive(text);
    if (value > max) throw new InvalidArgumentError(`it is above ${max}.`);
    return value;
  };
}

export const nonNegative: Parser = (text) => {
  const value = decimal(text);
  if (value < 0) throw new InvalidArgumentError('it is below 0.');
  return value;
};

/** From 0 to 1. */
export const ratio: Parser = (text) => {
  const value = decimal(text);
  if (value < 0 || value > 1) throw new InvalidArgumentError('it is not from 0 to 1.');
  return value;
};

/**
 * The options of a command line, or the exit code with which the process should end at once: 0 after --help, EXIT_USAGE (its reason said on standard error)
 * when it cannot be understood.
 */
export function parseCommand<T>(command: Command, argv: readonly string[]): { options: T } | { exitCode: number } {
  command.exitOverride().allowExcessArguments(false).showHelpAfterError('(--help lists the options)');
  try {
    command.parse([...argv], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return { exitCode: error.exitCode === 0 ? 0 : EXIT_USAGE };
  }
  return { options: command.opts() as T };
}
