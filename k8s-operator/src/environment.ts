/**
 * What the process is started with, by the chart and by the bench. The young generation is kept small: a reconcile leaves little, and memory is what the operator is to be
 * sparing of. Threads of the runtime share two arenas of the allocator (glibc), and its free end is given back.
 */
export const ENVIRONMENT: Readonly<Record<string, string>> = {
  NODE_OPTIONS: '--max-semi-space-size=2',
  MALLOC_ARENA_MAX: '2',
  MALLOC_TRIM_THRESHOLD_: '131072',
};
