import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '@ledgerflow/local/access';
import { findTarget, type FoundTarget, verify, type VerifyReport } from '../../verify/index.ts';
import { EXIT_USAGE } from '../../terminal/index.ts';
import { localPort } from '../address.ts';
import { checkLog, type LogReport } from './log.ts';
import type { NotPossible } from './outcome.ts';
import type { LedgerReader } from './reader.ts';

export type LedgerCheck =
  | ({ by: 'databases'; target: string; outcome: 'ok' | 'wrong' } & Pick<
      VerifyReport,
      'difference' | 'checks' | 'records' | 'entries' | 'seconds'
    >)
  | ({ by: 'api'; because: string } & (LogReport | NotPossible));

export interface LedgerCheckOptions {
  baseUrl: string;
  ledger: string;
  reader: LedgerReader;
  dataDir?: string | undefined;
  environment: { VERIFY_LEDGER_DATABASE_URL?: string | undefined; VERIFY_READ_DATABASE_URL?: string | undefined };
  onProgress: (line: string) => void;
  signal?: AbortSignal | undefined;
}

const DATA_DIR_DEFAULT = '.ledgerflow';

/** Whether the LedgerFlow that runs on a data folder is the one at this address: a folder may well be of another, and the same port is on every machine. */
export async function isServedFrom(dataDir: string, baseUrl: string): Promise<boolean> {
  const text = await readFile(join(dataDir, 'instance.lock'), 'utf8').catch(() => null);
  try {
    const { url } = JSON.parse(text ?? '{}') as { url?: unknown };
    const port = localPort(baseUrl);
    return typeof url === 'string' && port !== null && localPort(url) === port;
  } catch {
    return false;
  }
}

/** The databases behind the API, or why they cannot be reached. */
async function findDatabases({ baseUrl, dataDir, environment }: LedgerCheckOptions): Promise<FoundTarget | string> {
  const ledgerUrl = environment.VERIFY_LEDGER_DATABASE_URL;
  if (ledgerUrl === undefined && dataDir === undefined && !(await isServedFrom(DATA_DIR_DEFAULT, baseUrl)))
    return `no data folder here is that of ${baseUrl} (--data-dir or VERIFY_LEDGER_DATABASE_URL would name its databases)`;
  return findTarget({ dataDir: dataDir ?? DATA_DIR_DEFAULT, ledgerUrl, readUrl: environment.VERIFY_READ_DATABASE_URL }).catch(
    (error: unknown) => {
      if (error instanceof UserError && dataDir === undefined) return error.message;
      throw error;
    },
  );
}

/** Throws UserError, before there is any load, when a data folder that was named cannot be looked into. */
export async function requireDatabases({ dataDir, environment }: Pick<LedgerCheckOptions, 'dataDir' | 'environment'>): Promise<void> {
  if (dataDir === undefined || environment.VERIFY_LEDGER_DATABASE_URL !== undefined) return;
  try {
    await (await findTarget({ dataDir })).close();
  } catch (error) {
    throw error instanceof UserError ? new UserError(error.message, EXIT_USAGE) : error;
  }
}

/** The proof of `npm run verify` for one ledger; through the API alone, and saying why, when its databases cannot be reached. */
export async function checkLedger(options: LedgerCheckOptions): Promise<LedgerCheck> {
  const found = await findDatabases(options);
  if (typeof found === 'string') {
    const report = await checkLog(options.reader, (records) => options.onProgress(`checking through the API: ${records} records`));
    return { by: 'api', because: found, ...report };
  }
  try {
    const { ok, difference, checks, records, entries, seconds } = await verify({
      target: found,
      ledgers: [options.ledger],
      ...(options.signal === undefined ? {} : { signal: options.signal }),
      onProgress: (progress) => options.onProgress(`checking in the databases: ${progress.records} of ${progress.recordsTotal} records`),
    });
    return { by: 'databases', target: found.description, outcome: ok ? 'ok' : 'wrong', difference, checks, records, entries, seconds };
  } finally {
    await found.close();
  }
}
