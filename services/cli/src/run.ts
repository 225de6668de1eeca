import { LedgerFlowError, LedgerFlowProblem, LedgerFlowRequestError } from '@ledgerflow/client';
import { CommanderError } from 'commander';
import { VerifyEnded } from './commands/verify.ts';
import { CommandError, EXIT, kindOf } from './exit-codes.ts';
import { shown } from './output/output.ts';
import { buildProgram } from './program.ts';
import type { Surroundings } from './session.ts';

/** What a program gets to know of an error, as the last line of standard error. */
function documentOf(error: unknown): Record<string, unknown> {
  const problem =
    error instanceof LedgerFlowProblem
      ? {
          code: error.code,
          status: error.status,
          detail: error.detail,
          field: error.field,
          requestId: error.requestId,
          parameters: error.parameters,
        }
      : {};
  const asked = error instanceof CommandError ? error.cause : error;
  const call = asked instanceof LedgerFlowError ? { idempotencyKey: asked.idempotencyKey, isOutcomeUnknown: asked.isOutcomeUnknown } : {};
  const kind = kindOf(error);
  return { error: { kind, exitCode: EXIT[kind].code, message: (error as Error).message, ...problem, ...call } };
}

function wordsOf(error: unknown): string {
  const { message } = error as Error;
  if (!(error instanceof LedgerFlowError))
    return error instanceof CommandError || error instanceof LedgerFlowRequestError ? message : ((error as Error).stack ?? message);
  const lines = [error.cause instanceof CommandError ? error.cause.message : message];
  if (error instanceof LedgerFlowProblem) {
    if (error.field !== null) lines.push(`field: ${error.field}`);
    for (const [name, value] of Object.entries(error.parameters)) lines.push(`${name}: ${shown(value)}`);
    if (error.requestId !== null) lines.push(`request: ${error.requestId}`);
  }
  if (error.isOutcomeUnknown)
    lines.push(
      error.idempotencyKey === null
        ? 'whether it was done is not known: look before you repeat it'
        : `whether it was done is not known: the same command with --idempotency-key ${error.idempotencyKey} tells, and has one effect`,
    );
  return lines.map((line) => shown(line)).join('\n');
}

/** What the parser found wrong, in its own words. */
function usageOf({ code, message }: CommanderError): CommandError {
  const words = code === 'commander.help' ? 'a command is missing' : message.replace(/^error: /, '');
  return new CommandError('usage', `${words} (--help lists commands and options)`);
}

const isEndedBy = (signal: AbortSignal, error: unknown): boolean =>
  signal.aborted && (error === signal.reason || (error as Error).name === 'AbortError');

/** Runs a command line to its end; the exit code. Does not throw. */
export async function run(argv: readonly string[], surroundings: Surroundings): Promise<number> {
  const { streams, signal } = surroundings;
  const isJson = argv.includes('--json');
  try {
    await buildProgram(surroundings, isJson).parseAsync([...argv], { from: 'user' });
    return EXIT.done.code;
  } catch (error) {
    // Commander has said it; help that was asked for is no error.
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return EXIT.done.code;
      if (isJson) streams.error.write(`${JSON.stringify(documentOf(usageOf(error)))}\n`);
      return EXIT.usage.code;
    }
    if (error instanceof VerifyEnded) return error.code;
    // A reader that has enough, as head.
    if ((error as NodeJS.ErrnoException).code === 'EPIPE') return EXIT.done.code;
    const isInterrupted = isEndedBy(signal, error);
    if (!isInterrupted) streams.error.write(`${isJson ? JSON.stringify(documentOf(error)) : wordsOf(error)}\n`);
    return isInterrupted ? EXIT.interrupted.code : EXIT[kindOf(error)].code;
  }
}
