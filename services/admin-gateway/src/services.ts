import type { Health } from '@ledgerflow/platform/health';
import type { AuditExports } from './audit/export.ts';
import type { AuditSearch } from './audit/search.ts';
import type { AuditStore } from './audit/store.ts';
import type { Commands } from './commands/commands.ts';
import type { EventHub } from './events/hub.ts';
import type { Deployment } from './ops/deployment.ts';
import type { Operations } from './operations/operations.ts';
import type { Repairs } from './operations/repairs.ts';
import type { Cursors } from './reads/cursors.ts';
import type { Reads } from './reads/reads.ts';
import type { WriterCalls } from './writer/calls.ts';

/** What handlers work with; made once in main.ts and passed in. */
export interface Services {
  commands: Commands;
  reads: Reads;
  cursors: Cursors;
  writer: WriterCalls;
  events: EventHub;
  deployment: Deployment;
  operations: Operations;
  repairs: Repairs;
  audit: Pick<AuditStore, 'begin' | 'conclude'>;
  auditSearch: AuditSearch;
  auditExports: AuditExports;
  health: Health;
  version: string;
}
