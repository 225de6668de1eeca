import { setFlagsFromString } from 'node:v8';

/**
 * What a process of ours is started with, whoever starts it (docs/reference/performance.md has the figures). Without it a service under full load comes to rest at about
 * 400 MiB, most of which is garbage not looked at yet and memory that was freed but not given back to the system.
 *
 * The young generation has semi-spaces of 16 MiB, the size the runtime had before it grew them on large machines. Threads of the runtime share two arenas of the
 * allocator, and its free end is given back beyond 128 KiB; left alone each thread keeps what compiling and reading once took. Where the allocator is not glibc's the last
 * two say nothing. There is no cap on the heap: a burst may take what it needs, and ends no process.
 */
export const SERVICE_ENVIRONMENT: Readonly<Record<string, string>> = {
  NODE_OPTIONS: '--max-semi-space-size=16',
  MALLOC_ARENA_MAX: '2',
  MALLOC_TRIM_THRESHOLD_: '131072',
};

/** The old generation is collected when it has grown by so much, in percent. By itself the runtime waits until there are up to four times as much as lives. */
const HEAP_GROWTH_PERCENT = 150;

/** Set by every service when it begins, since it can be; the rest is read at the start of the process only. */
export function boundGarbage(): void {
  setFlagsFromString(`--heap-growing-percent=${HEAP_GROWTH_PERCENT}`);
}
