import { verify } from '../verify/index.ts';
import type { Ground } from './ground.ts';

/** As `npm run verify` does: every row and digest of the read model is what the log says, and all of it is applied. */
export async function prove(ground: Ground, part: 'ledgers' | 'accounts', prefix: string, records: number): Promise<void> {
  const { figures, stack, signal, progress } = ground;
  await ground.applied(prefix);
  figures.exact(
    `${part}: records in the log`,
    await ground.records('log', prefix),
    records,
    'records',
    'G2: what was answered is there, once',
  );
  figures.exact(`${part}: records applied`, await ground.records('read', prefix), records, 'records', 'G6: exactly once');
  const { rows } = await ground.log.query<{ id: string }>('select id from ledger.heads where starts_with(id, $1) order by id', [prefix]);
  const report = await verify({
    target: { ledgerUrl: stack.urls.ledgerVerifier, readUrl: stack.urls.readVerifier },
    ledgers: rows.map(({ id }) => id),
    signal,
    onProgress: (seen) => progress.update(() => `verify: ${seen.records} of ${seen.recordsTotal} records`),
  });
  if (report.difference !== null) progress.say(`  ${JSON.stringify(report.difference)}`);
  const proven = report.ledgers.filter(({ state }) => state === 'proven').length;
  figures.exact(`${part}: proven equal to the log`, proven, rows.length, 'ledgers', 'G5: verify');
}
