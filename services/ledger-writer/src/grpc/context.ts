import type { Logger } from '@ledgerflow/platform/log';
import type { RequestMetrics } from '@ledgerflow/platform/metrics';
import type { GroupCommit } from '../application/group-commit.ts';
import type { HeadReader } from '../application/heads.ts';
import type { LedgerDirectory, LedgerStore } from '../application/store.ts';
import type { CommitHub } from '../outbox/hub.ts';

/** What the rpcs work with. */
export interface WriterContext {
  directory: LedgerDirectory;
  store: LedgerStore;
  heads: HeadReader;
  groupCommit: GroupCommit;
  hub: CommitHub;
  requests: RequestMetrics;
  /** Ends the streams that would never end by themselves. */
  stopping: AbortSignal;
  log: Logger;
}
