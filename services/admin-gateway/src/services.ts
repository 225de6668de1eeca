import type { Health } from '@ledgerflow/platform/health';
import type { Commands } from './commands/commands.ts';
import type { EventHub } from './events/hub.ts';
import type { Deployment } from './ops/deployment.ts';
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
  health: Health;
  version: string;
}
