import { verify } from '../../verify/index.ts';
import { AS_OF_LEDGER } from '../as-of.ts';
import type { Bench } from '../bench.ts';
import type { Deployment } from '../deployment.ts';
import { caughtUp } from '../whole.ts';
import type { Row } from './row.ts';

const FULL_SIZE = 1_000_000;
const RECORDS_MIN = 50_000;

async function prove(bench: Bench, deployment: Deployment, isWhole: boolean, pick: (ledger: string) => boolean) {
  const { rows } = await bench.pool(deployment.superuserUrl('ledger')).query<{ id: string }>('select id from ledger.heads order by id');
  const ledgers = rows.map(({ id }) => id).filter(pick);
  if (ledgers.length === 0) return { records: 0, seconds: 0 };
  const target = { ledgerUrl: deployment.superuserUrl('ledger'), readUrl: isWhole ? deployment.superuserUrl('read') : null };
  const onProgress = (seen: { records: number; recordsTotal: number }): void =>
    bench.progress.update(() => `verify: ${seen.records} of ${seen.recordsTotal} records`);
  const report = await verify({ target, ledgers, signal: bench.signal, onProgress });
  if (!report.ok) throw new Error(`the proof of consistency failed: ${JSON.stringify(report.difference)}`);
  return { records: report.records, seconds: report.seconds };
}

/** Everything that the run has written is proved consistent: the transfers timed, the wide transactions of the as-of rows not, which are another kind of record. */
export const verifyRow: Row = {
  results: { verify: 'records' },
  isOnce: true,
  async run(bench) {
    const deployment = await bench.whole();
    await caughtUp(bench, deployment);
    const sample = await bench.timed([], async () => {
      const whole = await prove(bench, deployment, true, (ledger) => ledger !== AS_OF_LEDGER);
      const alone = bench.hasAlone() ? await prove(bench, await bench.alone(), false, () => true) : { records: 0, seconds: 0 };
      const [records, seconds] = [whole.records + alone.records, whole.seconds + alone.seconds];
      return { rate: seconds === 0 ? null : records / seconds, p50Ms: null, p99Ms: null, units: records };
    });
    const wide = await prove(bench, deployment, true, (ledger) => ledger === AS_OF_LEDGER);
    const records = sample.units;
    // A few records say more about the start than about the rate.
    const value = sample.rate === null || records < RECORDS_MIN ? null : FULL_SIZE / sample.rate;
    return { verify: { ...sample, value, extra: { records, isScaled: records < FULL_SIZE, wideRecords: wide.records } } };
  },
};
