import { UserError } from '@ledgerflow/local/access';

const EXIT_FAULT = 1;

/** Tells on standard error why a command ended, in one line when a person can mend it, with the stack when it is a fault of ours; the exit code. */
export function explain(error: unknown): number {
  const isUserError = error instanceof UserError;
  process.stderr.write(`${isUserError ? error.message : ((error as Error).stack ?? String(error))}\n`);
  return isUserError ? error.exitCode : EXIT_FAULT;
}

/** Writes the result of a command to standard output. Rejects with UserError, in one line, when nobody can take it: a full disk, a pipe that was closed. */
export function printResult(text: string, stream: NodeJS.WritableStream = process.stdout): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => reject(new UserError(`the result could not be written: ${error.message}`));
    stream.once('error', fail);
    stream.write(text, (error) => {
      if (error) return fail(error);
      stream.removeListener('error', fail);
      resolve();
    });
  });
}
