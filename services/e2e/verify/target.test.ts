import { UserError } from '@ledgerflow/local/databases';
import { describe, expect, it } from '@jest/globals';
import { findTarget } from './target.ts';

const LEDGER = 'postgres://ledgerflow_verifier:secret@db:5432/ledgerflow_ledger';
const READ = 'postgres://ledgerflow_read_verifier:secret@db:5432/ledgerflow_read';

describe('the databases to verify', () => {
  it('are those of the environment', async () => {
    expect(await findTarget({ dataDir: 'nowhere', ledgerUrl: LEDGER })).toMatchObject({ ledgerUrl: LEDGER, readUrl: null });
    expect(await findTarget({ dataDir: 'nowhere', ledgerUrl: LEDGER, readUrl: READ })).toMatchObject({ ledgerUrl: LEDGER, readUrl: READ });
  });

  it.each([
    ['a text that is no URL', { ledgerUrl: 'garbage' }, 'VERIFY_LEDGER_DATABASE_URL is no URL of a database'],
    ['another scheme', { ledgerUrl: 'https://db/ledger' }, 'VERIFY_LEDGER_DATABASE_URL is no URL of a database'],
    [
      'a port that is none',
      { ledgerUrl: LEDGER, readUrl: 'postgres://a:secret@db:x/read' },
      'VERIFY_READ_DATABASE_URL is no URL of a database',
    ],
    ['a read model without its log', { readUrl: READ }, 'VERIFY_READ_DATABASE_URL is set without VERIFY_LEDGER_DATABASE_URL'],
    ['an empty folder name', { dataDir: '' }, '--data-dir is empty'],
  ])('are refused with a line for people: %s', async (_what, options, message) => {
    const failure = await findTarget({ dataDir: 'nowhere', ...options }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(UserError);
    expect((failure as Error).message).toContain(message);
    expect((failure as Error).message).not.toContain('secret');
  });
});
