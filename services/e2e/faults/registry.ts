import type { Fault } from './harness/fault.ts';
import { crashPoints } from './rows/crash-points.ts';
import { builderKilled, gatewayKilled, writerKilled } from './rows/processes.ts';

/** All rows, in the order of the page. */
export const FAULTS: readonly Fault[] = [gatewayKilled, writerKilled, ...crashPoints, builderKilled];
