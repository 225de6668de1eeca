import { recordFromJson } from '@ledgerflow/contracts';
import { createTestPostgres, type TestPostgres } from '@ledgerflow/local/postgres';
import { silentLogger } from '@ledgerflow/platform/log';
import { createPool, ensureRole, migrate, type Pool } from '@ledgerflow/platform/postgres';
import { type Answer, type Caller, GroupCommit, type GroupCommitOptions } from '../application/group-commit.ts';
import { type BatchObserver, silentObserver } from '../application/observer.ts';
import type { LedgerLocation, LedgerStore } from '../application/store.ts';
import { BATCH_OPTIONS_DEFAULT } from '../domain/batch.ts';
import type { Submission } from '../domain/state.ts';
import { type Cluster, openCluster } from './cluster.ts';
import type { AtPoint } from './crash-points.ts';
import { PostgresDirectory } from './directory.ts';
import { DIRECTORY_MIGRATIONS, LEDGER_MIGRATIONS, SERVICE_ROLE } from './migrations.ts';
import { PostgresStore } from './store.ts';

const PASSWORD = 'service';
const SLOTS = 32;

/** A server with one migrated database to copy, for one test file. */
export interface LedgerPostgres {
  server: TestPostgres;
  /** A migrated, empty database: the superuser's and the service's URL. */
  database(): Promise<{ superuserUrl: string; serviceUrl: string }>;
  stop(): Promise<void>;
}

export async function startLedgerPostgres(settings: Record<string, string> = {}): Promise<LedgerPostgres> {
  const server = await createTestPostgres({ settings });
  await ensureRole(server.superuserUrl(), { user: SERVICE_ROLE, password: PASSWORD });
  const template = await server.createDatabase();
  for (const migrations of [LEDGER_MIGRATIONS, DIRECTORY_MIGRATIONS])
    await migrate({ url: template.url, ...migrations, log: silentLogger });
  return {
    server,
    async database() {
      const { url } = await server.createDatabase(template.name);
      const service = new URL(url);
      service.username = SERVICE_ROLE;
      service.password = PASSWORD;
      return { superuserUrl: url, serviceUrl: service.href };
    },
    stop: () => server.stop(),
  };
}

export interface TestWriter {
  store: PostgresStore;
  directory: PostgresDirectory;
  clusters: ReadonlyMap<string, Cluster>;
  close(): Promise<void>;
}

export interface TestWriterOptions {
  /** Service URLs by cluster name; the directory is on the first. */
  clusters: Record<string, string>;
  writeConnectionsMax?: number;
  at?: AtPoint;
}

/** What one writer process has: a store and a directory with connections of their own. */
export function openWriter({ clusters: urls, writeConnectionsMax = 4, at }: TestWriterOptions): TestWriter {
  const clusters = new Map(
    Object.entries(urls).map(([name, url]) => [
      name,
      openCluster({ name, url, writeConnectionsMax, readConnectionsMax: 4, log: silentLogger }),
    ]),
  );
  const [first] = Object.values(urls);
  const pool: Pool = createPool({ url: first as string, max: 2, applicationName: 'directory', log: silentLogger });
  const directory = new PostgresDirectory({ pool, clusters, newLedgerClusters: [...clusters.keys()], slots: SLOTS });
  const store = new PostgresStore({ clusters, log: silentLogger, ...(at === undefined ? {} : { at }) });
  return {
    store,
    directory,
    clusters,
    close: async () => {
      await Promise.all([pool.end(), ...[...clusters.values()].map((cluster) => cluster.close())]);
    },
  };
}

export interface CommitterOptions {
  batchCountMax?: number;
  queueCountMax?: number;
  observer?: BatchObserver;
  committed?: GroupCommitOptions['committed'];
  now?: () => number;
}

/** A group commit over any store, with bounds no test meets unless it wants to. */
export function openCommitter(
  store: LedgerStore,
  { batchCountMax = 1_000, queueCountMax = 100_000, observer = silentObserver, committed = () => undefined, now }: CommitterOptions = {},
): GroupCommit {
  const bounds = { batchCountMax, queueCountMax, batchBytesMax: 1 << 24, queueBytesMax: 1 << 28, batchesInFlightMax: 4 };
  return new GroupCommit({
    store,
    committed,
    observer,
    batchOptions: BATCH_OPTIONS_DEFAULT,
    ...bounds,
    ...(now === undefined ? {} : { now }),
  });
}

export const patient: Caller = { deadlineMs: Number.MAX_SAFE_INTEGER, isGone: () => false };
const BYTES = 200;

/** Queues a submission as an rpc would. */
export const ask = (committer: GroupCommit, location: LedgerLocation, submission: Submission, caller: Caller = patient): Promise<Answer> =>
  committer.submit(location, submission, BYTES, caller);

/** What became of it: a record's type, a refusal's code, or a failure's. */
export function answered(answer: Answer): string {
  if (answer.kind === 'failure') return answer.code;
  return answer.kind === 'refusal' ? answer.refusal.code : recordFromJson(answer.record).type;
}
