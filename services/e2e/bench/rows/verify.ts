import { verify } from '../../verify/index.ts';
import { AS_OF_LEDGER } from '../as-of.ts';
import type { Bench } from '../bench.ts';
import type { Deployment } from '../deployment.ts';
import { caughtUp } from '../whole.ts';
import type { Row } from './row.ts';

const FULL_SIZE = 1_000_000;
const RECORDS_MIN = 50_000;
const NO_RATE = { rate: null, p50Ms: null, p99Ms: null };

/** As `npm run verify` does, by the roles that may only read. */
async function prove(bench: Bench, deployment: Deployment, isWhole: boolean, pick: (ledger: string) => boolean) {
  const { rows } = await bench.pool(deployment.superuserUrl('ledger')).query<{ id: string }>('select id from ledger.heads order by id');
  const ledgers = rows.map(({ id }) => id).filter(pick);
  if (ledgers.length === 0) return { records: 0, seconds: 0 };
  const target = {
    ledgerUrl: deployment.url('ledgerflow_verifier', 'ledger'),
    readUrl: isWhole ? deployment.url('ledgerflow_read_verifier', 'read') : null,
  };
  const onProgress = (seen: { records: number; recordsTotal: number }): void =>
    bench.progress.update(() => `verify: ${seen.records} of ${seen.recordsTotal} records`);
  const report = await verify({ target, ledgers, signal: bench.signal, onProgress });
  if (!report.ok) throw new Error(`the proof of consistency failed: ${JSON.stringify(report.difference)}`);
  return { records: report.records, seconds: report.seconds };
}

const isAsOf = (ledger: string): boolean => ledger.startsWith(AS_OF_LEDGER);

/**
 * What the run has written is proved consistent. Timed is what it wrote through the whole deployment, log and read model; not timed are the wide transactions of the
 * as-of rows, which are another kind of record, and the last round's ledgers of the writer alone, which have no read model.
 */
export const verifyRow: Row = {
  results: { verify: 'records' },
  isOnce: true,
  isProof: true,
  async run(bench, round) {
    const deployment = await bench.whole();
    await caughtUp(bench, deployment);
    const sample = await bench.timed([], async () => {
      const { records, seconds } = await prove(bench, deployment, true, (ledger) => !isAsOf(ledger));
      return { rate: seconds === 0 ? null : records / seconds, p50Ms: null, p99Ms: null, units: records };
    });
    const wide = await prove(bench, deployment, true, isAsOf);
    const ofRound = (ledger: string): boolean => ledger.endsWith(`-${round}`);
    const alone = bench.hasAlone() ? await prove(bench, await bench.alone(), false, ofRound) : { records: 0 };
    const records = sample.units;
    // A few records say more about the start than about the rate.
    const value = sample.rate === null || records < RECORDS_MIN ? null : FULL_SIZE / sample.rate;
    const untimed = { untimedWideRecords: wide.records, untimedWriterRecords: alone.records };
    return { verify: { ...sample, value, extra: { records, ...untimed } } };
  },
};

/** The ledgers of --growth, not timed: they are of all sizes. */
export const growthVerifyRow: Row = {
  results: { 'verify growth': 'records proved' },
  isOnce: true,
  isProof: true,
  async run(bench) {
    let records = 0;
    for (const deployment of await bench.aloneStarted()) records += (await prove(bench, deployment, false, () => true)).records;
    return { 'verify growth': { ...NO_RATE, value: records, usage: null } };
  },
};
