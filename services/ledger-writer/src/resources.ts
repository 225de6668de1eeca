import type { Health } from '@ledgerflow/platform/health';
import type { Stoppable } from '@ledgerflow/platform/lifecycle';
import type { Logger } from '@ledgerflow/platform/log';
import type { Registry } from '@ledgerflow/platform/metrics';
import { createPool, probe } from '@ledgerflow/platform/postgres';
import { type Cluster, openCluster, parseClusters, requireDurable } from './postgres/cluster.ts';
import { PostgresDirectory } from './postgres/directory.ts';
import { prepareDatabases } from './postgres/migrations.ts';

interface DatabaseConfig {
  DIRECTORY_DATABASE_URL: string;
  LEDGER_CLUSTERS: string;
  DIRECTORY_OWNER_DATABASE_URL?: string | undefined;
  LEDGER_OWNER_CLUSTERS?: string | undefined;
  NEW_LEDGER_CLUSTERS?: string | undefined;
  SLOTS: number;
  WRITE_CONNECTIONS_MAX: number;
  READ_CONNECTIONS_MAX: number;
  NODE_ENV?: string | undefined;
}

interface Surroundings {
  parts: Stoppable;
  health: Health;
  metrics: Registry;
  log: Logger;
}

const DIRECTORY_CONNECTIONS_MAX = 4;

/** The directory and every cluster: migrated or checked, connected, watched. */
export async function openDatabases(
  config: DatabaseConfig,
  { parts, health, metrics, log }: Surroundings,
): Promise<{ clusters: ReadonlyMap<string, Cluster>; directory: PostgresDirectory }> {
  const named = parseClusters(config.LEDGER_CLUSTERS);
  const owners = config.LEDGER_OWNER_CLUSTERS === undefined ? [] : parseClusters(config.LEDGER_OWNER_CLUSTERS);
  const newLedgerClusters = config.NEW_LEDGER_CLUSTERS?.split(',') ?? [named[0]?.name ?? ''];
  const unknown = newLedgerClusters.filter((name) => !named.some((cluster) => cluster.name === name));
  if (unknown.length > 0) throw new Error(`NEW_LEDGER_CLUSTERS names ${unknown.join(', ')}, which LEDGER_CLUSTERS does not have`);
  await prepareDatabases(
    { directory: config.DIRECTORY_DATABASE_URL, clusters: named },
    { directory: config.DIRECTORY_OWNER_DATABASE_URL, clusters: new Map(owners.map(({ name, url }) => [name, url])) },
    log,
  );

  const clusters = new Map<string, Cluster>();
  for (const { name, url } of named) {
    const { WRITE_CONNECTIONS_MAX: writeConnectionsMax, READ_CONNECTIONS_MAX: readConnectionsMax } = config;
    const cluster = openCluster({ name, url, writeConnectionsMax, readConnectionsMax, log, metrics });
    clusters.set(name, cluster);
    parts.add(`cluster ${name}`, () => cluster.close());
    if (config.NODE_ENV !== 'test') await requireDurable(cluster);
    const watch = probe(cluster.read, `cluster ${name}`);
    parts.add(`probe of cluster ${name}`, () => watch.stop());
    health.register(`cluster ${name}`, watch.verdict);
  }
  const pool = createPool({
    url: config.DIRECTORY_DATABASE_URL,
    max: DIRECTORY_CONNECTIONS_MAX,
    applicationName: 'ledger-writer directory',
    name: 'directory',
    log,
    metrics,
  });
  parts.add('directory', () => pool.end());
  const watch = probe(pool, 'the ledger directory');
  parts.add('probe of the directory', () => watch.stop());
  health.register('directory', watch.verdict);
  return { clusters, directory: new PostgresDirectory({ pool, clusters, newLedgerClusters, slots: config.SLOTS }) };
}
