export { EXIT_USAGE, nonNegative, parseCommand, positive, ratio, whole } from './flags.ts';
export { Progress } from './progress.ts';
export { table } from './table.ts';
