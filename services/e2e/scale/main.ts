/** `npm run scale`: the read side at the size it is made for, on a LedgerFlow of its own that is thrown away at the end. */
import { EXIT_INTERRUPTED, explain, interruption, printResult, Progress } from '../terminal/index.ts';
import { accountsPart } from './accounts.ts';
import { report } from './figures.ts';
import { Ground } from './ground.ts';
import { ledgersPart } from './ledgers.ts';
import { parseScale, type ScaleOptions } from './options.ts';

const EXIT_FAILED = 1;

/** Prints what was measured, also when a part broke off; the exit code. */
async function measure(options: ScaleOptions, progress: Progress, signal: AbortSignal): Promise<number> {
  const ground = await Ground.open(options, progress, signal);
  let failure: unknown = null;
  try {
    if (options.ledgers > 0) await ledgersPart(ground);
    if (options.accounts > 0) await accountsPart(ground);
  } catch (error) {
    signal.throwIfAborted();
    failure = error;
  } finally {
    await ground.close();
  }
  const { all, isMet } = ground.figures;
  await printResult(options.json ? `${JSON.stringify(all, null, 2)}\n` : `${report(all)}\n`);
  if (failure !== null) return explain(failure);
  return isMet ? 0 : EXIT_FAILED;
}

async function main(): Promise<number> {
  const parsed = parseScale(process.argv.slice(2));
  if ('exitCode' in parsed) return parsed.exitCode;
  const progress = new Progress();
  const signal = interruption({ onFirst: () => progress.say('interrupted: taking everything away') });
  progress.say(`Seed ${parsed.options.seed}.`);
  try {
    return await measure(parsed.options, progress, signal);
  } catch (error) {
    return signal.aborted ? EXIT_INTERRUPTED : explain(error);
  } finally {
    progress.close();
  }
}

process.exitCode = await main();
