/**
 * `npm run history-check`: a stack of its own under random clients and faults; what the clients saw is held against the logs that came of it. Everything it starts is
 * thrown away at the end.
 */
import { createWriteStream, type WriteStream } from 'node:fs';
import { once } from 'node:events';
import { Command, Option } from 'commander';
import { KafkaSetupError } from '../kafka/index.ts';
import { Stack } from '../stack/stack.ts';
import {
  EXIT_INTERRUPTED,
  EXIT_USAGE,
  explain,
  interruption,
  parseCommand,
  positive,
  printResult,
  Progress,
  whole,
} from '../terminal/index.ts';
import { PLANTED_BUGS } from './bugs.ts';
import { FAULT_KINDS } from './faults.ts';
import { historyLines } from './file.ts';
import type { FaultKind } from './history.ts';
import { renderReport } from './report.ts';
import { type HistoryOptions, runHistory } from './run.ts';

interface Options {
  duration: number;
  clients: number;
  accounts: number;
  ledgers: number;
  seed?: number;
  kafka?: boolean;
  writers: number;
  faults?: string;
  faultInterval: number;
  bug?: string;
  verify: boolean;
  json?: boolean;
  history?: string;
}

const SEED_MAX = 2 ** 31 - 1;

function faultKinds(text: string): readonly FaultKind[] {
  if (text === 'none') return [];
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.filter((name) => !(FAULT_KINDS as readonly string[]).includes(name));
  if (unknown.length > 0) throw new RangeError(`--faults knows ${FAULT_KINDS.join(', ')} and none, not ${unknown.join(', ')}`);
  return names as FaultKind[];
}

function command(): Command {
  return new Command('history-check')
    .description('Random clients, kills and retries; then every answer is held against the log')
    .option('--duration <seconds>', 'how long the clients are at work', positive, 60)
    .option('--clients <n>', 'callers at once, each a principal of its own', whole(1, 1_000), 16)
    .option('--accounts <n>', 'of each ledger', whole(4, 1_000), 12)
    .option('--ledgers <n>', 'ledgers', whole(1, 100), 1)
    .option('--writers <n>', 'ledger-writer processes', whole(1, 8), 2)
    .option('--seed <n>', 'of all choices of clients and faults (default: a random one)', whole(0, SEED_MAX))
    .option('--kafka', 'deliver through a real Kafka broker (default: if Java and Maven are there)')
    .option('--no-kafka', 'deliver through the log feed')
    .option('--faults <kinds>', `${FAULT_KINDS.join(', ')}, with commas between, or none (default: all there are)`)
    .option('--fault-interval <seconds>', 'from the recovery of one fault to the next, on average', positive, 3)
    .addOption(new Option('--bug <name>', 'plants a bug, to see it found').choices(Object.keys(PLANTED_BUGS)))
    .option('--history <file>', 'writes the recorded history and the logs there, a JSON document a line')
    .option('--no-verify', 'leaves out what npm run verify does on the tables at the end')
    .option('--json', 'prints one JSON document');
}

/** With a broker if it was asked for, or if nothing was said and this machine can run one. */
async function startStack({ kafka, writers, bug }: Options, progress: Progress): Promise<Stack> {
  const planted = bug === undefined ? undefined : PLANTED_BUGS[bug];
  const environment = planted === undefined ? {} : { [planted.service]: { PLANTED_BUG: bug as string } };
  if (kafka === false) return Stack.start({ writers, environment });
  try {
    return await Stack.start({ writers, environment, kafka: true });
  } catch (error) {
    if (kafka === true || !(error instanceof KafkaSetupError)) throw error;
    progress.say(`No broker, so records travel by the log feed: ${error.message}`);
    return Stack.start({ writers, environment });
  }
}

async function writeHistory(stream: WriteStream, lines: Iterable<string>): Promise<void> {
  for (const line of lines) if (!stream.write(`${line}\n`)) await once(stream, 'drain');
  stream.end();
  await once(stream, 'finish');
}

async function main(argv: readonly string[]): Promise<number> {
  const parsed = parseCommand<Options>(command(), argv);
  if ('exitCode' in parsed) return parsed.exitCode;
  const { options } = parsed;
  const progress = new Progress();
  let faults: readonly FaultKind[];
  let file: WriteStream | null = null;
  try {
    faults = options.faults === undefined ? (PLANTED_BUGS[options.bug ?? '']?.faults ?? FAULT_KINDS) : faultKinds(options.faults);
    if (options.kafka === false && options.faults !== undefined && faults.includes('broker'))
      throw new RangeError('--faults=broker needs a broker, and --no-kafka leaves it out');
    // Before the run, which would be lost to a path that can not be written.
    if (options.history !== undefined) await once((file = createWriteStream(options.history)), 'open');
  } catch (error) {
    progress.say((error as Error).message);
    return EXIT_USAGE;
  }
  const seed = options.seed ?? Math.floor(Math.random() * SEED_MAX);
  const interrupted = interruption();
  progress.say(
    `Seed ${seed}. Starting PostgreSQL, ${options.writers} writers, builder and gateway${options.kafka === false ? '' : ', Kafka'} …`,
  );
  let stack: Stack | null = null;
  try {
    stack = await startStack(options, progress);
    const run: HistoryOptions = {
      ...options,
      stack,
      seed,
      faults,
      durationMs: options.duration * 1000,
      faultIntervalMs: options.faultInterval * 1000,
      signal: interrupted,
      onProgress: (state) =>
        progress.update(() => `${state.operations} operations, ${state.acknowledged} writes answered 2xx, ${state.faults} faults`),
    };
    const { report, history, logs } = await runHistory(run);
    progress.close();
    if (file !== null) await writeHistory(file, historyLines(history, logs));
    await printResult(options.json === true ? `${JSON.stringify(report, null, 2)}\n` : renderReport(report));
    return report.ok ? 0 : 1;
  } catch (error) {
    if (!interrupted.aborted) return explain(error);
    progress.say('Interrupted: nothing was checked.');
    return EXIT_INTERRUPTED;
  } finally {
    progress.close();
    await stack?.stop();
  }
}

process.exitCode = await main(process.argv.slice(2));
