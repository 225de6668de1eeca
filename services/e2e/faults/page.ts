import type { RowResult } from './harness/result.ts';

export interface PageFacts {
  /** The day of the run, YYYY-MM-DD. */
  day: string;
  seed: number;
  /** What kind of machine, without anything that names it. */
  machine: string;
  /** Of load before each fault, and again after the recovery. */
  seconds: number;
}

const ONE_DECIMAL = 1;

/** Text in a cell of a Markdown table. */
const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
const figure = (seconds: number | null): string => (seconds === null ? '**never**' : `${seconds.toFixed(ONE_DECIMAL)} s`);
const bad = (count: number): string => (count === 0 ? '0' : `**${count}**`);

function measuredCell({ measured, outcome, reasons }: RowResult): string {
  if (measured === null) return `${outcome}: ${reasons[0]?.split('\n')[0] ?? 'no reason was found'}`;
  const { writes, reads, during, gapSeconds, recovery } = measured;
  const parts = [
    `${writes.answered} writes and ${reads.withToken} reads with a token answered`,
    `${during.writes} writes in the ${during.seconds.toFixed(ONE_DECIMAL)} s of the fault`,
    `longest gap ${gapSeconds.toFixed(ONE_DECIMAL)} s`,
  ];
  if (typeof recovery.relaySeconds === 'number') parts.push(`on Kafka after ${figure(recovery.relaySeconds)}`);
  if (writes.neverAnswered > 0) parts.push(`**${writes.neverAnswered} writes never answered**`);
  if ([recovery.writesSeconds, recovery.readsSeconds, recovery.relaySeconds].includes(null)) parts.push('**did not recover**');
  return parts.join('; ');
}

function row(result: RowResult): string {
  const { title, did, measured, human, notes, command } = result;
  const counts = measured === null ? ['–', '–', '–', '–'] : [measured.lost, measured.doubled, measured.stale, measured.wrong].map(bad);
  const recovery =
    measured === null
      ? ['–', '–']
      : [`${figure(measured.recovery.writesSeconds)} (${measured.recovery.since})`, figure(measured.recovery.readsSeconds)];
  const seen = [measuredCell(result), ...notes].join('. ');
  return `| **${cell(title)}.** ${cell(did)} | ${cell(seen)} | ${counts.join(' | ')} | ${recovery.join(' | ')} | ${cell(human ?? 'no')} | \`${command}\` |`;
}

/** The reference page: a row a fault. Made of results alone, so it says nothing that was not measured. */
export function renderPage(results: readonly RowResult[], facts: PageFacts): string {
  const failed = results.filter(({ outcome }) => outcome === 'failed');
  const impossible = results.filter(({ outcome }) => outcome === 'not possible');
  const sum =
    failed.length === 0
      ? 'Nothing was lost, doubled, stale or wrong, and all came back.'
      : `**${failed.length} of them failed: ${failed.map(({ id }) => id).join(', ')}.**`;
  const missing = impossible.length === 0 ? '' : ` Not possible on that machine: ${impossible.map(({ id }) => id).join(', ')}.`;
  const lines = [
    '# Faults',
    '',
    '<!-- Written by `npm run faults`; do not edit. -->',
    '',
    `${results.length} faults, each done to a stack of its own under load (${facts.day}, seed ${facts.seed}, ${facts.machine}, ${facts.seconds} s of load before and after each). ${sum}${missing}`,
    'How it is done and how to read it: [fault experiments](../guides/fault-experiments.md). Seconds are those of that machine, with clients, services, PostgreSQL and Kafka all on it.',
    '',
    '**lost**: answered 2xx and not in the log. **doubled**: a key with two effects or two answers. **stale**: a read older than its token. **wrong**: any other difference between answers, log and tables.',
    'Recovery: until in every ledger a new write was answered, and until it was read back with its token; counted from when the fault struck (begin) or from when its cause was gone (end).',
    '',
    '| Fault | Measured | Lost | Doubled | Stale | Wrong | Writes back after | Reads back after | A human? | Repeat it |',
    '| --- | --- | ---: | ---: | ---: | ---: | --- | --- | --- | --- |',
    ...results.map(row),
    '',
  ];
  return lines.join('\n');
}
