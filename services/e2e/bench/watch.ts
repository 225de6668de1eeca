import { cpuMicros, residentBytes, type Watched } from './processes.ts';
import type { Usage } from './result.ts';

const MEMORY_INTERVAL_MS = 250;

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);

/** Starts to watch what processes use; the answer ends it. Memory is looked at four times a second, which costs some 20 µs a process. */
export function watch(processes: readonly Watched[]): () => Usage {
  const startedMs = performance.now();
  const before = processes.map(cpuMicros);
  const memory = new Map(processes.filter(({ onlyEnded }) => onlyEnded !== true).map((one) => [one, [] as number[]]));
  const look = (): void => {
    for (const [one, seen] of memory) {
      const bytes = one.withChildren === true ? null : residentBytes(one.pid());
      if (bytes !== null) seen.push(bytes);
    }
  };
  const timer = setInterval(look, MEMORY_INTERVAL_MS);
  return () => {
    clearInterval(timer);
    const seconds = (performance.now() - startedMs) / 1000;
    look();
    const after = processes.map(cpuMicros);
    return {
      seconds,
      cpuMicros: Object.fromEntries(
        processes.map(({ name }, index) => {
          const to = after[index] ?? null;
          // One that was started meanwhile has used nothing before.
          return [name, to === null ? null : to - (before[index] ?? 0)];
        }),
      ),
      memory: Object.fromEntries(
        [...memory].flatMap(([{ name }, seen]) => {
          const third = Math.max(1, Math.floor(seen.length / 3));
          if (seen.length === 0) return [];
          const [firstThirdBytes, lastThirdBytes] = [mean(seen.slice(0, third)), mean(seen.slice(-third))];
          return [[name, { endBytes: seen.at(-1) as number, firstThirdBytes, lastThirdBytes }]];
        }),
      ),
    };
  };
}
