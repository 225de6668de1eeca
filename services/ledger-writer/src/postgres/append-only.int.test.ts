import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { silentLogger } from '@ledgerflow/platform/log';
import { createPool, type Pool } from '@ledgerflow/platform/postgres';
import { execute, say, submit, terms } from '../memory/fixtures.ts';
import { type LedgerPostgres, openWriter, startLedgerPostgres } from './writer.fixture.ts';

const LOG_TABLES = ['records', 'events', 'details', 'external_ids'];
const REFUSED = /append-only|permission denied/;

describe('the log is append-only', () => {
  let postgres: LedgerPostgres;
  let owner: Pool;
  let service: Pool;

  beforeAll(async () => {
    postgres = await startLedgerPostgres();
    const { superuserUrl, serviceUrl } = await postgres.database();
    const writer = openWriter({ clusters: { main: serviceUrl } });
    const location = await writer.directory.allocate('sealed');
    const paid = say.deposit('alice', '1', 'USD', terms({ externalId: 'x', reference: 'secret' }));
    await execute(writer.store, location, [submit(say.openLedger('USD')), submit(say.open('alice', 'USD')), submit(paid)]);
    await writer.close();
    owner = createPool({ url: superuserUrl, max: 1, applicationName: 'test', log: silentLogger });
    service = createPool({ url: serviceUrl, max: 1, applicationName: 'test', log: silentLogger });
  });
  afterAll(async () => {
    await owner?.end();
    await service?.end();
    await postgres?.stop();
  });

  it.each(LOG_TABLES)('%s refuses UPDATE, DELETE and TRUNCATE even to a superuser', async (table) => {
    const { rows } = await owner.query<{ partition: string }>(`select tableoid::regclass::text as partition from ledger.${table} limit 1`);
    const partition = rows[0]?.partition as string;
    await expect(owner.query(`update ledger.${table} set position = position + 1`)).rejects.toThrow(REFUSED);
    await expect(owner.query(`delete from ledger.${table}`)).rejects.toThrow(REFUSED);
    await expect(owner.query(`truncate ledger.${table}`)).rejects.toThrow(REFUSED);
    await expect(owner.query(`update ${partition} set position = position + 1`)).rejects.toThrow(REFUSED);
    await expect(owner.query(`delete from ${partition}`)).rejects.toThrow(REFUSED);
    await expect(owner.query(`truncate ${partition}`)).rejects.toThrow(REFUSED);
  });

  it.each([...LOG_TABLES, 'heads', 'accounts', 'currencies', 'principals'])(
    'the service may not DELETE from or TRUNCATE %s, nor drop it',
    async (table) => {
      await expect(service.query(`delete from ledger.${table}`)).rejects.toThrow(/permission denied/);
      await expect(service.query(`truncate ledger.${table}`)).rejects.toThrow(/permission denied/);
      await expect(service.query(`drop table ledger.${table}`)).rejects.toThrow(/must be owner/);
    },
  );

  it.each(LOG_TABLES)('the service may not UPDATE %s or switch its triggers off', async (table) => {
    await expect(service.query(`update ledger.${table} set position = 0`)).rejects.toThrow(/permission denied/);
    await expect(service.query(`alter table ledger.${table} disable trigger all`)).rejects.toThrow(/must be owner/);
    await expect(service.query('set session_replication_role = replica')).rejects.toThrow(/permission denied/);
  });

  it('details lose their body and salt together, and nothing else', async () => {
    await expect(owner.query(`update ledger.details set body = '{"reference":"other"}'`)).rejects.toThrow(REFUSED);
    await expect(owner.query('update ledger.details set body = null')).rejects.toThrow(REFUSED);
    await expect(owner.query(`update ledger.details set body = null, salt = null, hash = 'x'`)).rejects.toThrow(REFUSED);
    await owner.query('update ledger.details set body = null, salt = null');
  });
});
