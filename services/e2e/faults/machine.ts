import { availableParallelism, totalmem } from 'node:os';

const GIBIBYTE = 1024 ** 3;

/** What kind of machine this is, in a form that names none: “2 cores, 24 GB”. */
export function machineKind(): string {
  return `${availableParallelism()} cores, ${Math.ceil(totalmem() / GIBIBYTE)} GB`;
}
