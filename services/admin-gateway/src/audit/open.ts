import type { Health } from '@ledgerflow/platform/health';
import type { Stoppable } from '@ledgerflow/platform/lifecycle';
import type { Logger } from '@ledgerflow/platform/log';
import type { Registry } from '@ledgerflow/platform/metrics';
import { createPool, probe } from '@ledgerflow/platform/postgres';
import { AUDIT_SESSION_SETTINGS } from './schema.ts';
import { AuditStore } from './store.ts';

/** Connections of each kind: what must be written never waits for what somebody reads. */
const WRITES_MAX = 3;
const READS_MAX = 3;
/** Nothing is done before the audit store has it, so nobody waits longer than this for one that does not answer. */
const TIMEOUT_MS = 3_000;

/** Opens the audit store. Without it money moves all the same; what would have to be written there is refused. */
export function openAudit(options: { url: string; parts: Stoppable; health: Health; log: Logger; metrics: Registry }): AuditStore {
  const { url, parts, health, log, metrics } = options;
  const pool = (name: string, max: number, settings: Record<string, string>) => {
    const made = createPool({ url, max, applicationName: 'admin-gateway', settings, queryTimeoutMs: TIMEOUT_MS, log, metrics, name });
    parts.add(`${name} pool`, () => made.end());
    return made;
  };
  const db = pool('audit', WRITES_MAX, AUDIT_SESSION_SETTINGS);
  // A search that is not waited for any more ends at the server, too.
  const reads = pool('audit_reads', READS_MAX, { statement_timeout: String(TIMEOUT_MS) });
  const watch = probe(db, 'the audit store');
  parts.add('audit probe', () => watch.stop());
  health.register('audit store', watch.verdict, { advisory: true });
  return new AuditStore({ db, reads, log, metrics });
}
