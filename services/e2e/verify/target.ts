import { openFolderDatabases } from '@ledgerflow/local/databases';
import type { VerifyTarget } from './types.ts';

/** Where to look: the databases of the environment if given, else those of a data folder. */
export interface TargetOptions {
  dataDir: string;
  ledgerUrl?: string | undefined;
  readUrl?: string | undefined;
}

export interface FoundTarget extends VerifyTarget {
  /** How they were found, for people. */
  description: string;
  close(): Promise<void>;
}

/** VERIFY_LEDGER_DATABASE_URL and VERIFY_READ_DATABASE_URL if they are set, else the data folder's. Throws UserError for what a person can put right. */
export async function findTarget(options: TargetOptions): Promise<FoundTarget> {
  if (options.ledgerUrl !== undefined) {
    const description = `the databases of VERIFY_LEDGER_DATABASE_URL${options.readUrl === undefined ? ', without a read model' : ' and VERIFY_READ_DATABASE_URL'}`;
    return { ledgerUrl: options.ledgerUrl, readUrl: options.readUrl ?? null, description, close: async () => undefined };
  }
  const found = await openFolderDatabases(options.dataDir, 'npm run verify');
  const { ledgerUrl, readUrl, running } = found;
  return {
    ledgerUrl,
    readUrl,
    description: `${options.dataDir} (${running ? 'running' : 'stopped: PostgreSQL was started for this'})`,
    close: () => found.close(),
  };
}
