export { type HttpAnswer, type HttpRequest, HttpTarget } from './http-target.ts';
export { Latencies, type LatencySummary } from './latencies.ts';
export { closedLoop, openLoop } from './loops.ts';
export { Random } from './random.ts';
