import { asOfColdRow, asOfRows } from './as-of.ts';
import { bareRows } from './bare-http.ts';
import { builderApplyRow } from './builder-apply.ts';
import { GROWTH_ROWS } from './growth.ts';
import { halfLoadRow, visibilityKafkaRow } from './half-load.ts';
import { httpBalanceRow } from './http-balance.ts';
import { authenticationRow, httpBatchRow, httpSingleRow, lagRow } from './http-writes.ts';
import { overloadRow } from './overload.ts';
import { pgbenchRow } from './pgbench.ts';
import { readPageRows } from './read-pages.ts';
import { rebuildRow } from './rebuild.ts';
import type { Row } from './row.ts';
import { streamsRow } from './streams.ts';
import { growthVerifyRow, verifyRow } from './verify.ts';
import { writerHotRow, writerSpreadRow } from './writer.ts';

export type { Row, Samples } from './row.ts';

/** In the order in which a round runs them. */
export const ROWS: readonly Row[] = [
  pgbenchRow,
  ...bareRows,
  writerSpreadRow,
  writerHotRow,
  httpBatchRow,
  httpSingleRow,
  authenticationRow,
  halfLoadRow,
  overloadRow,
  httpBalanceRow,
  ...asOfRows,
  visibilityKafkaRow,
  lagRow,
  builderApplyRow,
  streamsRow,
  asOfColdRow,
  ...readPageRows,
  rebuildRow,
  verifyRow,
];

/** With --growth: how the cost of a transfer grows with accounts, ledgers and writers. */
export const GROWTH: readonly Row[] = [pgbenchRow, ...GROWTH_ROWS, growthVerifyRow];
