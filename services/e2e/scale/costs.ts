import { setTimeout as delay } from 'node:timers/promises';
import { cpuMicros, residentBytes, type Watched } from '../bench/processes.ts';
import type { Ground } from './ground.ts';

const MEBIBYTE = 1024 * 1024;
const MICROS_PER_MS = 1_000;

const watched = ({ stack }: Ground): Record<'writer' | 'builders' | 'gateway' | 'postgres', Watched[]> => ({
  writer: stack.writers.map(({ name, pid }) => ({ name, pid: () => pid })),
  builders: stack.builders.map(({ name, pid }) => ({ name, pid: () => pid })),
  gateway: stack.gateways.map(({ name, pid }) => ({ name, pid: () => pid })),
  postgres: [{ name: 'postgres', pid: () => stack.postgres.pid, withChildren: true }],
});

/** CPU milliseconds that all of it has used so far, Kafka included, this process not. */
export function cpuOfAll(ground: Ground): number {
  const kafka = ground.stack.kafka?.pids().map((pid) => ({ name: 'kafka', pid: () => pid })) ?? [];
  const all = [...Object.values(watched(ground)).flat(), ...kafka];
  return all.reduce((sum, one) => sum + (cpuMicros(one) ?? Number.NaN), 0) / MICROS_PER_MS;
}

interface Counters {
  statements: number;
  rows: number;
}

async function counters({ log }: Ground): Promise<Counters> {
  const { rows } = await log.query<{ statements: string; rows: string }>(
    `select (select coalesce(sum(calls), 0) from pg_stat_statements)::text as statements,
       (select coalesce(sum(tup_returned), 0) from pg_stat_database where datname like 'ledgerflow%')::text as rows`,
  );
  return { statements: Number(rows[0]?.statements), rows: Number(rows[0]?.rows) };
}

/** Statements that took most time since the counters were set back, for who looks for what is slow. */
async function dearest({ log }: Ground, seconds: number): Promise<string[]> {
  const { rows } = await log.query<{ calls: string; ms: number; rows: string; query: string }>(
    `select calls::text, total_exec_time as ms, rows::text, regexp_replace(query, '\\s+', ' ', 'g') as query from pg_stat_statements
     where query !~ 'pg_stat' order by total_exec_time desc limit 8`,
  );
  return rows.map(
    ({ calls, ms, rows: count, query }) =>
      `    ${(ms / seconds).toFixed(2)} ms/s in ${(Number(calls) / seconds).toFixed(1)} calls/s, ${(Number(count) / seconds).toFixed(0)} rows/s: ${query.slice(0, 150)}`,
  );
}

/** CPU milliseconds a second of each process, and what the database is asked, while nothing happens. */
export async function idleCosts(ground: Ground): Promise<void> {
  const { figures, options, progress, isFullLedgers, signal } = ground;
  const processes = watched(ground);
  await ground.log.query('select pg_stat_statements_reset()');
  const before = {
    cpu: new Map(Object.values(processes).flatMap((group) => group.map((one) => [one, cpuMicros(one)]))),
    ...(await counters(ground)),
  };
  const startedMs = performance.now();
  await delay(options.idleSeconds * 1_000, undefined, { signal });
  const seconds = (performance.now() - startedMs) / 1_000;
  const after = await counters(ground);
  const largest = (group: readonly Watched[]): number =>
    Math.max(...group.map((one) => ((cpuMicros(one) ?? Number.NaN) - (before.cpu.get(one) ?? Number.NaN)) / MICROS_PER_MS / seconds));
  figures.measured('idle: writer', largest(processes.writer), isFullLedgers);
  figures.measured('idle: builder, the larger of two', largest(processes.builders), isFullLedgers);
  figures.measured('idle: gateway', largest(processes.gateway), isFullLedgers);
  figures.measured('idle: PostgreSQL', largest(processes.postgres), isFullLedgers);
  figures.measured('idle: statements', (after.statements - before.statements) / seconds, isFullLedgers);
  figures.measured('idle: rows read', (after.rows - before.rows) / seconds, isFullLedgers);
  for (const text of await dearest(ground, seconds)) progress.say(text);
}

/** Resident MiB of the largest process of each service. */
export function memoryOf(ground: Ground, part: 'ledgers' | 'accounts', isFullSize: boolean): void {
  const { writer, builders, gateway } = watched(ground);
  const largest = (group: readonly Watched[]): number =>
    Math.max(...group.map((one) => (residentBytes(one.pid()) ?? Number.NaN) / MEBIBYTE));
  ground.figures.measured(`${part}: memory of the writer`, largest(writer), isFullSize);
  ground.figures.measured(`${part}: memory of the larger builder`, largest(builders), isFullSize);
  ground.figures.measured(`${part}: memory of the gateway`, largest(gateway), isFullSize);
}
