/** `npm run bench:operator`: what the operator takes and how fast it is, on a control plane of its own that is thrown away at the end. */
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { table } from '../../services/e2e/terminal/table.ts';
import { type Figure, isMet } from './figures.ts';
import { Ground } from './ground.ts';
import { changes, idle, keepRunning, memory, settle, type Sizes } from './measures.ts';

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;
const HELP = `npm run bench:operator -- [--objects=500] [--idle-seconds=180] [--reconciles=10000] [--changes=400] [--json]

Exit code 1: a figure is not within its target, or an object ended wrong.
`;

const say = (line: string): void => void process.stderr.write(`${line}\n`);

function sizes(argv: readonly string[]): (Sizes & { json: boolean }) | null {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        objects: { type: 'string', default: '500' },
        'idle-seconds': { type: 'string', default: '180' },
        reconciles: { type: 'string', default: '10000' },
        changes: { type: 'string', default: '400' },
        json: { type: 'boolean', default: false },
      },
    });
    const whole = (name: 'objects' | 'idle-seconds' | 'reconciles' | 'changes'): number => {
      const text = values[name];
      if (!/^[1-9]\d{0,6}$/.test(text)) throw new Error(`--${name} is a whole number from 1 to 9999999`);
      return Number(text);
    };
    return {
      objects: whole('objects'),
      idleSeconds: whole('idle-seconds'),
      reconciles: whole('reconciles'),
      changes: whole('changes'),
      json: values.json,
    };
  } catch (error) {
    say((error as Error).message);
    say(HELP);
    return null;
  }
}

function text(figures: readonly Figure[]): string {
  const rows = figures.map((figure) => [
    figure.name,
    `${figure.value.toFixed(figure.value < 100 ? 1 : 0)} ${figure.unit}`.trim(),
    figure.below === null ? '' : `< ${figure.below}`,
    isMet(figure) ? 'met' : 'MISSED',
  ]);
  const notes = figures.filter(({ note }) => note !== '').map(({ name, note }) => `${name}: ${note}`);
  return [table(['', 'measured', 'target', ''], rows), '', ...notes, ''].join('\n');
}

async function main(argv: readonly string[]): Promise<number> {
  if (argv.includes('--help')) {
    process.stdout.write(HELP);
    return 0;
  }
  const options = sizes(argv);
  if (options === null) return EXIT_USAGE;
  const figures: Figure[] = [];
  const take = (more: Figure[]): void => {
    figures.push(...more);
    for (const { name, value, unit } of more) say(`${name}: ${value.toFixed(1)} ${unit}`);
  };
  let isWhole = false;
  say('starting the control plane and the operator');
  const ground = await Ground.open();
  try {
    say(`${options.objects} objects`);
    take(await settle(ground, options));
    say(`nothing for ${options.idleSeconds} s`);
    take(await idle(ground, options));
    await keepRunning(ground);
    say(`${options.reconciles} reconciles`);
    take(await memory(ground, options, say));
    say(`${options.changes} changes`);
    take(await changes(ground, options));
    isWhole = true;
  } catch (error) {
    say((error as Error).stack ?? String(error));
  } finally {
    const { complaints } = ground;
    if (complaints.length > 0) say([`the operator complained ${complaints.length} times:`, ...complaints.slice(0, 10)].join('\n'));
    await ground.close();
  }
  const load = loadavg().map((one) => one.toFixed(1));
  const judged = figures.map((figure) => ({ ...figure, isMet: isMet(figure) }));
  process.stdout.write(options.json ? `${JSON.stringify({ figures: judged, load }, null, 2)}\n` : text(figures));
  say(`load of the machine over 1, 5 and 15 minutes: ${load.join(', ')}`);
  return isWhole && figures.every(isMet) ? 0 : EXIT_FAILED;
}

process.exitCode = await main(process.argv.slice(2));
