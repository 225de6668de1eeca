import { formatMicros, isAccountEvent } from '@ledgerflow/contracts';
import type { Attempt, Command, LogRecord, Posting, Read, Write } from './history.ts';
import { money } from './render.ts';

const ANSWER_CHARACTERS_MAX = 400;

const cut = (text: string): string => (text.length > ANSWER_CHARACTERS_MAX ? `${text.slice(0, ANSWER_CHARACTERS_MAX)}…` : text);
const seconds = (ms: number): string => `${(ms / 1000).toFixed(4)} s`;
const span = ({ invokedMs, endedMs }: { invokedMs: number; endedMs: number }): string => `${seconds(invokedMs)} to ${seconds(endedMs)}`;
const postings = (list: readonly Posting[]): string => list.map(({ from, to, amount }) => `${from} → ${to} ${money(amount)}`).join(', ');

export function describeCommand(command: Command): string {
  if (command.kind === 'freeze') return `freeze ${command.account} (${command.scope})`;
  if (command.kind === 'unfreeze') return `unfreeze ${command.account}`;
  const expected = command.expected === null ? '' : `, if version ${command.expected.version}`;
  return `${command.route} ${command.transactions.map((list) => `[${postings(list)}]`).join(' ')}${expected}`;
}

function describeAttempt({ client, outcome, ...times }: Attempt): string {
  const what =
    outcome.kind === 'ok'
      ? `ok${outcome.replayed === true ? ' (replayed)' : ''} ${cut(outcome.answer)}`
      : outcome.kind === 'refused'
        ? `refused${outcome.replayed === true ? ' (replayed)' : ''} ${outcome.status} ${outcome.code} ${cut(outcome.answer)}`
        : `unknown: ${outcome.reason}`;
  return `    client ${client}, ${span(times)}: ${what}`;
}

/** A write as the lines of a report: what was asked, then each request with its answer. */
export function describeWrite(write: Write): string[] {
  const reuse = write.reuses === null ? '' : ` (the key of write ${write.reuses})`;
  return [`  write ${write.id}, key ${write.key}${reuse}: ${describeCommand(write.command)}`, ...write.attempts.map(describeAttempt)];
}

export function describeRead({ id, client, question, token, outcome, ...times }: Read): string[] {
  const asked = Object.entries(question).map(([name, value]) => `${name} ${String(value)}`);
  const what = outcome.kind === 'ok' ? cut(outcome.answer) : `failed: ${outcome.reason}`;
  return [`  read ${id} by client ${client}, ${span(times)}: ${asked.join(', ')}, token ${token ?? 'none'}: ${what}`];
}

export function describeRecord(record: LogRecord): string[] {
  const events = record.events.filter(isAccountEvent).map((event) => {
    const amount = event.type === 'EntryPosted' ? ` ${money(event.amount)}` : '';
    return `${event.type} ${event.account}${amount} → ${money(event.postedAfter)} v${event.version}`;
  });
  return [
    `  record ${record.position} at ${formatMicros(record.recordedAt)}, ${record.type}, request ${record.causationId}: ${cut(events.join('; '))}`,
  ];
}
