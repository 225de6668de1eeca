import { createTestPostgres, type TestPostgres } from '@ledgerflow/local/postgres';
import { silentLogger } from '@ledgerflow/platform/log';
import { createPool, type Pool } from '@ledgerflow/platform/postgres';
import { bootstrapReadModel } from '../bootstrap.ts';
import { BUILDER_SESSION_SETTINGS, READ_BY_KEY_SESSION_SETTINGS } from '../schema.ts';

export interface ReadDatabase {
  ownerUrl: string;
  builderUrl: string;
  gatewayUrl: string;
  /** As the builder's role. */
  builder: Pool;
  /** As the gateway's role. */
  gateway: Pool;
}

/** A server with databases made by the real bootstrap; `create` gives a fresh one. */
export interface ReadServer {
  postgres: TestPostgres;
  create(): Promise<ReadDatabase>;
  stop(): Promise<void>;
}

function withRole(url: string, user: string, database: string): string {
  const changed = new URL(url);
  changed.username = user;
  changed.password = 'test';
  changed.pathname = `/${database}`;
  return changed.toString();
}

export async function startReadServer(): Promise<ReadServer> {
  const postgres = await createTestPostgres();
  const pools: Pool[] = [];
  let databases = 0;
  return {
    postgres,
    async create() {
      const database = `read_${++databases}`;
      const adminUrl = postgres.superuserUrl();
      const urls = {
        ownerUrl: withRole(adminUrl, 'ledgerflow_read_owner', database),
        builderUrl: withRole(adminUrl, 'ledgerflow_read_builder', database),
        gatewayUrl: withRole(adminUrl, 'ledgerflow_read_gateway', database),
      };
      await bootstrapReadModel({ adminUrl, ...urls, log: silentLogger });
      const builder = createPool({
        url: urls.builderUrl,
        max: 6,
        applicationName: 'builder',
        log: silentLogger,
        settings: BUILDER_SESSION_SETTINGS,
        pipeline: true,
      });
      const gateway = createPool({
        url: urls.gatewayUrl,
        max: 4,
        applicationName: 'gateway',
        log: silentLogger,
        settings: READ_BY_KEY_SESSION_SETTINGS,
      });
      pools.push(builder, gateway);
      return { ...urls, builder, gateway };
    },
    async stop() {
      await Promise.all(pools.map((pool) => pool.end()));
      await postgres.stop();
    },
  };
}
