import { silentLogger } from '@ledgerflow/platform/log';
import { createPool, type Pool } from '@ledgerflow/platform/postgres';
import { READ_BY_KEY_SESSION_SETTINGS } from '@ledgerflow/read-model';
import { bootstrapReadModel, BUILDER_SESSION_SETTINGS } from '@ledgerflow/read-model/projections';
import { type LargeLedger, largeLedger } from '@ledgerflow/read-model/testing';
import type { Bench } from './bench.ts';
import { DATABASE_PASSWORD } from './deployment.ts';

/** Rows of the dead letters' table. */
export const LETTERS = 100_000;
const DATABASE = 'bench_pages';
const CONNECTIONS_MAX = 2;

/** A read model alone, without services: a large ledger whose rows were made by SQL. */
export interface Pages {
  /** As the gateway asks. */
  gateway: Pool;
  large: LargeLedger;
  /** Accounts, and entries of one account. */
  size: number;
}

/** Made once in a run: a minute or two with 1,000,000 rows of each. */
export function pages(bench: Bench): Promise<Pages> {
  return bench.once('pages', async () => {
    const size = bench.options.asOfEntries;
    const database = bench.freshName(DATABASE).replaceAll('-', '_');
    const url = (role: string): string => {
      const changed = new URL(bench.ground.postgres.superuserUrl(database));
      changed.username = `ledgerflow_read_${role}`;
      changed.password = DATABASE_PASSWORD;
      return changed.toString();
    };
    const adminUrl = bench.ground.postgres.superuserUrl();
    await bootstrapReadModel({
      adminUrl,
      ownerUrl: url('owner'),
      builderUrl: url('builder'),
      gatewayUrl: url('gateway'),
      log: silentLogger,
    });
    const pool = (role: string, settings: Record<string, string>): Pool => {
      const made = createPool({ url: url(role), max: CONNECTIONS_MAX, applicationName: 'bench', log: silentLogger, settings });
      bench.atEnd(() => made.end());
      return made;
    };
    const startedMs = performance.now();
    bench.progress.update(() => `a ledger of ${size.toLocaleString('en')} accounts and entries`);
    const owner = pool('owner', { maintenance_work_mem: '512MB' });
    const builder = pool('builder', { ...BUILDER_SESSION_SETTINGS, transaction_timeout: '0' });
    const large = await largeLedger(owner, builder, { accounts: size, entries: size, letters: LETTERS, seed: bench.options.seed });
    bench.progress.say(
      `  ${size.toLocaleString('en')} accounts and entries of one account for the pages: ${((performance.now() - startedMs) / 1000).toFixed(0)} s`,
    );
    return { gateway: pool('gateway', READ_BY_KEY_SESSION_SETTINGS), large, size };
  });
}
