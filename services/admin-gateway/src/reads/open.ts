import type { Health } from '@ledgerflow/platform/health';
import type { Stoppable } from '@ledgerflow/platform/lifecycle';
import type { Logger } from '@ledgerflow/platform/log';
import type { Registry } from '@ledgerflow/platform/metrics';
import { createPool, type Pool, probe } from '@ledgerflow/platform/postgres';
import { AppliedPositions, READ_BY_KEY_SESSION_SETTINGS, READ_SESSION_SETTINGS, RepairOutcomes } from '@ledgerflow/read-model';
import { bindOperations, type Operations } from '../operations/operations.ts';
import { bindReadModel } from './read-model.ts';
import { type ReadSource, Replica } from './replica.ts';

/** Reads that wait for a position must not wait for a connection as well. */
const APPLIED_CONNECTIONS_MAX = 2;
/** Dead letters, rebuilds: what people do. */
const OPERATIONS_CONNECTIONS_MAX = 3;
/** A replica does not tell when it has replayed something; while somebody waits for it, one small statement this often asks. */
const REPLICA_SWEEP_INTERVAL_MS = 10;
/** A replica that is stopped, not gone, gives no answer: then the primary does. Beyond the statement time-out of the scans. */
const REPLICA_TIMEOUT_MS = 2_000;
const REPLICA_SCAN_TIMEOUT_MS = 6_000;

export interface ReadDatabaseOptions {
  url: string;
  /** A streaming replica of it. */
  replicaUrl?: string | undefined;
  poolMax: number;
  scanPoolMax: number;
  parts: Stoppable;
  health: Health;
  log: Logger;
  metrics: Registry;
}

export interface OpenReadDatabase extends ReadSource {
  replica: Replica | null;
  operations: Operations;
  repairOutcomes: RepairOutcomes;
}

/** Opens the read database, and its replica if there is one: the pools, the wait for positions and for repairs, the probe. What is to be stopped is added to the parts. */
export async function openReadDatabase(options: ReadDatabaseOptions): Promise<OpenReadDatabase> {
  const { url, replicaUrl, poolMax, scanPoolMax, parts, health, log, metrics } = options;
  const open = (name: string, max: number, over: Partial<Parameters<typeof createPool>[0]> = {}): Pool => {
    const settings = READ_BY_KEY_SESSION_SETTINGS;
    const pool = createPool({ url, max, applicationName: 'admin-gateway', settings, log, metrics, name, ...over });
    parts.add(`${name} pool`, () => pool.end());
    return pool;
  };
  const applied = async (db: Pool, over: { sweepIntervalMs?: number; metricsPrefix?: string } = {}): Promise<AppliedPositions> => {
    const positions = new AppliedPositions({ url, db, log, metrics, ...over });
    await positions.start();
    parts.add('applied positions', () => positions.stop());
    return positions;
  };

  const pool = open('read', poolMax);
  const scans = open('read_scan', scanPoolMax, { settings: READ_SESSION_SETTINGS });
  const watch = probe(pool, 'the read database');
  parts.add('read probe', () => watch.stop());
  health.register('read database', watch.verdict);

  const primary: ReadSource = {
    model: bindReadModel(pool, scans),
    applied: await applied(open('read_applied', APPLIED_CONNECTIONS_MAX)),
  };
  const people = open('read_operations', OPERATIONS_CONNECTIONS_MAX);
  const repairOutcomes = new RepairOutcomes({ url, db: people, log });
  await repairOutcomes.start();
  parts.add('outcomes of repairs', () => repairOutcomes.stop());

  const openReplica = async (at: string): Promise<Replica> => {
    const own = open('replica', poolMax, { url: at, queryTimeoutMs: REPLICA_TIMEOUT_MS });
    const ownScans = open('replica_scan', scanPoolMax, {
      url: at,
      settings: READ_SESSION_SETTINGS,
      queryTimeoutMs: REPLICA_SCAN_TIMEOUT_MS,
    });
    const positions = open('replica_applied', APPLIED_CONNECTIONS_MAX, { url: at, queryTimeoutMs: REPLICA_TIMEOUT_MS });
    const source = {
      model: bindReadModel(own, ownScans),
      applied: await applied(positions, { sweepIntervalMs: REPLICA_SWEEP_INTERVAL_MS, metricsPrefix: 'ledgerflow_replica_applied' }),
    };
    const replica = new Replica({ replica: source, primary: primary.model, log, metrics });
    // The primary answers in its place.
    const reason = 'the replica does not answer; reads go to the primary';
    health.register('read replica', () => (replica.isDown ? { ok: false, reason } : { ok: true }), { advisory: true });
    return replica;
  };
  const replica = replicaUrl === undefined ? null : await openReplica(replicaUrl);
  return { ...primary, replica, operations: bindOperations(people), repairOutcomes };
}
