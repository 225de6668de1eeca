import { loadConfig } from '@ledgerflow/platform/config';
import { Stoppable } from '@ledgerflow/platform/lifecycle';
import { createLogger, withoutCredentials, type Logger } from '@ledgerflow/platform/log';
import { checkMigrated } from '@ledgerflow/platform/postgres';
import { READ_MIGRATIONS } from '@ledgerflow/read-model/projections';
import { REBUILD_CONFIG } from './config.ts';

/** Exit code of a mistake in the options, for all commands. */
export const USAGE_CODE = 2;
/** Exit code of a command that broke off, for all commands. */
export const FAILED_CODE = 1;

/** What a command works with. */
export interface CommandContext {
  config: ReturnType<typeof loadConfig<(typeof REBUILD_CONFIG)['schema']>>;
  /** Writes to standard error: standard output is the command's answer. */
  log: Logger;
  /** What is added here is stopped when the command ends. */
  parts: Stoppable;
  /** Aborted by SIGTERM and SIGINT. */
  stopping: AbortSignal;
  write: (text: string) => void;
}

/** A command of `read-model-builder` that comes to an end. */
export interface Command<Options extends { isJson: boolean }> {
  name: string;
  usage: string;
  /** Throws an Error whose message says what is wrong; null when help was asked for. */
  parse: (argv: readonly string[]) => Options | null;
  /** Answers the exit code. Throws when it could not be done. */
  run: (options: Options, context: CommandContext) => Promise<number>;
}

/** Runs one command in this process, to its end. Answers the exit code. */
export async function runCommand<Options extends { isJson: boolean }>(
  { name, usage, parse, run }: Command<Options>,
  argv: readonly string[],
  write: (text: string) => void,
): Promise<number> {
  let options: Options | null;
  try {
    options = parse(argv);
  } catch (error) {
    write(`${(error as Error).message}\n\n${usage}`);
    return USAGE_CODE;
  }
  if (options === null) {
    write(usage);
    return 0;
  }
  const config = loadConfig({ ...REBUILD_CONFIG, service: `read-model-builder ${name}` });
  const log = createLogger(REBUILD_CONFIG.service, config.LOG_LEVEL, 'stderr');
  const parts = new Stoppable();
  // The first process of a container is not ended by a signal that it does not handle.
  const controller = new AbortController();
  const stop = (): void => controller.abort();
  process.once('SIGTERM', stop).once('SIGINT', stop);
  try {
    await checkMigrated({ url: config.READ_DATABASE_URL, directory: READ_MIGRATIONS });
    return await run(options, { config, log, parts, stopping: controller.signal, write });
  } catch (error) {
    log.debug({ err: error }, 'the command broke off');
    const message = withoutCredentials((error as Error).message);
    write(options.isJson ? `${JSON.stringify({ event: 'failed', outcome: 'failed', error: message })}\n` : `${message}\n`);
    return FAILED_CODE;
  } finally {
    await parts.stop(log);
    process.off('SIGTERM', stop).off('SIGINT', stop);
  }
}
