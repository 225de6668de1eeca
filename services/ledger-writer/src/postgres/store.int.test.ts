import { describeStoreContract } from '../memory/store.contract.ts';
import { openWriter, startLedgerPostgres } from './writer.fixture.ts';

describeStoreContract('PostgreSQL', async () => {
  const postgres = await startLedgerPostgres();
  const { serviceUrl } = await postgres.database();
  const writer = openWriter({ clusters: { main: serviceUrl } });
  return {
    store: writer.store,
    directory: writer.directory,
    close: async () => {
      await writer.close();
      await postgres.stop();
    },
  };
});
