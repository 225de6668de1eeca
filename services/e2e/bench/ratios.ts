import { type ResultRow, rounded } from './result.ts';

export const PGBENCH = 'pgbench';
export const BARE = 'bare http';
export const BARE_GET = 'bare http get';
export const BALANCE = 'http balance';
const BATCH = 'http batch 100';
const APPLY = 'builder apply';

const isAsOf = (name: string): boolean => name.startsWith('http as-of');
const isRead = (name: string): boolean => name === BARE_GET || name === BALANCE || isAsOf(name);

/** Every ratio is the median of a row by the median of another; what is an HTTP row is told by its name. */
export function withRatios(results: readonly ResultRow[]): ResultRow[] {
  const rateOf = (name: string): number | null => results.find((row) => row.name === name)?.rate ?? null;
  const [pgbench, bare, bareGet, balance, batch] = [PGBENCH, BARE, BARE_GET, BALANCE, BATCH].map(rateOf);
  const by = (rate: number | null, base: number | null | undefined): number | null =>
    rate === null || base === null || base === undefined || base === 0 ? null : rounded(rate / base);
  return results.map((row) => ({
    ...row,
    ratioToPgbench: by(row.rate, pgbench),
    ratioToBareHttp: row.name.includes('http') ? by(row.rate, bare) : null,
    ratioToBareGet: isRead(row.name) ? by(row.rate, bareGet) : null,
    ...(isAsOf(row.name) ? { ratioToBalance: by(row.rate, balance) } : {}),
    ...(row.name === APPLY ? { ratioToHttpBatch: by(row.rate, batch) } : {}),
  }));
}
