import { describe, expect, it } from '@jest/globals';
import { may, type Me, whyNot } from './access.ts';

const who = (roles: string[], ledgers: string[]): Me => ({ id: 'x', roles, ledgers, expiresAt: '2026-11-17T14:03:07.000000Z' }) as Me;

describe('what one may', () => {
  it('follows role and grant as the gateway declares them', () => {
    const viewer = who(['viewer'], ['shop']);
    expect(may(viewer, 'listAccounts', 'shop')).toBe(true);
    expect(may(viewer, 'listAccounts', 'other')).toBe(false);
    expect(may(viewer, 'createTransfer', 'shop')).toBe(false);
    expect(may(viewer, 'getMe')).toBe(true);
    expect(may(who(['operator'], ['*']), 'createTransfer', 'any')).toBe(true);
    expect(may(who(['auditor'], ['shop']), 'listAudit')).toBe(true);
    expect(may(who(['operator'], ['*']), 'listAudit')).toBe(false);
    expect(may(who(['admin'], ['shop']), 'getOutbox')).toBe(false);
    expect(may(who(['admin'], ['*']), 'getOutbox')).toBe(true);
    expect(may(who([], []), 'listLedgers')).toBe(false);
  });

  it('is explained where one may not', () => {
    expect(whyNot(who(['viewer'], ['*']), 'createTransfer', 'shop')).toEqual({ roles: ['operator', 'admin'] });
    expect(whyNot(who(['admin'], ['shop']), 'openLedger')).toEqual({ grant: '*' });
    expect(whyNot(who(['viewer'], ['shop']), 'getLedger', 'other')).toEqual({ grant: 'other' });
    expect(whyNot(who(['viewer'], ['shop']), 'getLedger', 'shop')).toBeNull();
  });
});
