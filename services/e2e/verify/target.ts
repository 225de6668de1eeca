import { openFolderDatabases, UserError } from '@ledgerflow/local/databases';
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

/** Never repeats the text: it may hold a password. */
function checkUrl(name: string, url: string | undefined): void {
  if (url !== undefined && !(/^postgres(ql)?:\/\//.test(url) && URL.canParse(url)))
    throw new UserError(`${name} is no URL of a database: it has to look like postgres://user:password@host:port/database`);
}

/** VERIFY_LEDGER_DATABASE_URL and VERIFY_READ_DATABASE_URL if they are set, else the data folder's. Throws UserError for what a person can put right. */
export async function findTarget(options: TargetOptions): Promise<FoundTarget> {
  checkUrl('VERIFY_LEDGER_DATABASE_URL', options.ledgerUrl);
  checkUrl('VERIFY_READ_DATABASE_URL', options.readUrl);
  if (options.ledgerUrl === undefined && options.readUrl !== undefined)
    throw new UserError(
      'VERIFY_READ_DATABASE_URL is set without VERIFY_LEDGER_DATABASE_URL: the read model is compared with the log, so that one is needed too',
    );
  if (options.ledgerUrl !== undefined) {
    const description = `the databases of VERIFY_LEDGER_DATABASE_URL${options.readUrl === undefined ? ', without a read model' : ' and VERIFY_READ_DATABASE_URL'}`;
    return { ledgerUrl: options.ledgerUrl, readUrl: options.readUrl ?? null, description, close: async () => undefined };
  }
  if (options.dataDir.trim() === '') throw new UserError('--data-dir is empty: it has to name a data folder of npm start');
  const found = await openFolderDatabases(options.dataDir, 'npm run verify');
  const { ledgerUrl, readUrl, running } = found;
  return {
    ledgerUrl,
    readUrl,
    description: `${options.dataDir} (${running ? 'running' : 'stopped: PostgreSQL was started for this'})`,
    close: () => found.close(),
  };
}
