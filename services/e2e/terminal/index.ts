export { EXIT_USAGE, nonNegative, parseCommand, positive, positiveUpTo, ratio, whole } from './flags.ts';
export { EXIT_INTERRUPTED, interruption, type InterruptionOptions } from './interruption.ts';
export { explain, printResult } from './output.ts';
export { Progress } from './progress.ts';
export { table } from './table.ts';
