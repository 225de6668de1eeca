import type { History, LogRecord } from './history.ts';

const json = (value: unknown): string => JSON.stringify(value, (_, one: unknown) => (typeof one === 'bigint' ? one.toString() : one));

/** The history and the logs as lines of JSON, one fault, write, read or record each, for a later look with any tool. */
export function* historyLines(
  { seed, ledgers, faults, writes, reads }: History,
  logs: ReadonlyMap<string, readonly LogRecord[]>,
): Generator<string> {
  yield json({ seed, ledgers });
  for (const fault of faults) yield json({ fault });
  for (const write of writes) yield json({ write });
  for (const read of reads) yield json({ read });
  for (const [ledger, records] of logs) for (const record of records) yield json({ ledger, record });
}
