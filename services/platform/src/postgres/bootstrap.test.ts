import { expect, it } from '@jest/globals';
import { parseDatabaseUrl, scramVerifier } from './bootstrap.ts';

it('makes of a password what PostgreSQL keeps of it (salt and password of the example of RFC 7677)', () => {
  expect(scramVerifier('pencil', Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64'))).toBe(
    'SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=',
  );
  expect(scramVerifier('pencil')).not.toBe(scramVerifier('pencil'));
});

it('says nothing of a URL that is none', () => {
  expect(parseDatabaseUrl('postgres://me:p%40ss@host:5432/db')).toEqual({ user: 'me', password: 'p@ss', database: 'db' });
  let failure: unknown;
  try {
    parseDatabaseUrl('postgres://me:pass/word-of-it@host/db');
  } catch (error) {
    failure = error;
  }
  // Node's own error has the URL as a member, which it prints when nobody catches it.
  expect(failure).toBeInstanceOf(Error);
  expect(`${(failure as Error).stack} ${JSON.stringify(failure)}`).not.toContain('word-of-it');
});
