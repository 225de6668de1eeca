import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { silentLogger } from '@ledgerflow/platform/log';
import { createPool, type Pool } from '@ledgerflow/platform/postgres';

async function urlOf(folder: string): Promise<string> {
  const { passwords } = JSON.parse(await readFile(join(folder, 'state.json'), 'utf8')) as { passwords: Record<string, string> };
  const port = (await readFile(join(folder, 'postgres/postmaster.pid'), 'utf8')).split('\n')[3];
  const password = encodeURIComponent(passwords['ledgerflow_read_owner'] ?? '');
  return `postgres://ledgerflow_read_owner:${password}@127.0.0.1:${port}/ledgerflow_read`;
}

/** The owner of the read model's tables, of a LedgerFlow that runs in a folder: can make records dead letters. */
export class ReadOwner {
  private readonly pool: Pool;

  private constructor(pool: Pool) {
    this.pool = pool;
  }

  static async open(folder: string): Promise<ReadOwner> {
    return new ReadOwner(createPool({ url: await urlOf(folder), max: 1, applicationName: 'test', log: silentLogger }));
  }

  /** From now on account_summary of a ledger takes no rows that this does not hold for. */
  async poison(ledger: string, condition: string): Promise<void> {
    await this.heal();
    const { rows } = await this.pool.query<{ generation: number }>(
      `select generation from read.projections p join read.checkpoints c using (ledger) where c.id = $1 and projection = 'account_summary'`,
      [ledger],
    );
    await this.pool.query(
      `alter table read.account_summary add constraint poison check (generation <> ${rows[0]?.generation ?? 0} or ${condition}) not valid`,
    );
  }

  async heal(): Promise<void> {
    await this.pool.query('alter table read.account_summary drop constraint if exists poison');
  }

  close(): Promise<void> {
    return this.pool.end();
  }
}
