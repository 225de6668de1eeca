import { describe, expect, it } from '@jest/globals';
import { BALANCE, BODY, client, failureOf, MOVEMENT } from './client.fixture.ts';
import { ConsistencyTokens } from './consistency.ts';
import { json, problem } from './scripted.fixture.ts';

describe('consistency', () => {
  const written = (position: string, token: string) => json(201, { ...MOVEMENT, position }, { 'ledger-consistency': token });

  it('carries the latest token of a ledger, and one that came after it with a smaller position, which may be of a newer epoch', async () => {
    const { ledgerflow, sent } = client([
      written('9', 'nine'),
      written('8', 'eight'),
      json(200, BALANCE),
      json(200, BALANCE),
      json(200, BALANCE),
    ]);
    for (let call = 0; call < 2; call++) await ledgerflow.createTransfer({ ledger: 'l', body: BODY });
    await ledgerflow.getBalance({ ledger: 'l', account: 'a' });
    await ledgerflow.getBalance({ ledger: 'other', account: 'a' });
    await ledgerflow.getBalance({ ledger: 'l', account: 'a' }, { isConsistent: false });
    expect(sent.map(({ headers }) => headers['ledger-consistency'])).toEqual([undefined, undefined, 'nine,eight', undefined, undefined]);
  });

  it('knows the place of an opened ledger, a changed account and a batch', async () => {
    const batch = {
      results: [
        { status: 201, transaction: { position: '4' } },
        { status: 201, transaction: { position: '5' } },
      ],
    };
    const { ledgerflow } = client([
      json(201, { id: 'l', position: '1' }, { 'ledger-consistency': 'one' }),
      json(200, { asOfPosition: '3' }, { 'ledger-consistency': 'three' }),
      json(200, { asOfPosition: '2' }, { 'ledger-consistency': 'two' }),
      json(200, batch, { 'ledger-consistency': 'five' }),
      written('4', 'four'),
    ]);
    await ledgerflow.openLedger({ body: { id: 'l' } });
    expect(ledgerflow.consistency.get('l')).toBe('one');
    for (let call = 0; call < 2; call++) await ledgerflow.unfreezeAccount({ ledger: 'l', account: 'a', body: { reason: 'r' } });
    expect(ledgerflow.consistency.get('l')).toBe('three,two');
    await ledgerflow.createTransactionBatch({ ledger: 'l', body: { atomic: false, transactions: [] } });
    await ledgerflow.createTransfer({ ledger: 'l', body: BODY });
    expect(ledgerflow.consistency.get('l')).toBe('five,four');
  });

  it('is forgotten when the ledger was restored, after saying so', async () => {
    const { ledgerflow, sent } = client([written('9', 'nine'), problem(409, 'epoch_superseded'), json(200, BALANCE)]);
    await ledgerflow.createTransfer({ ledger: 'l', body: BODY });
    expect(await failureOf(ledgerflow.getBalance({ ledger: 'l', account: 'a' }))).toMatchObject({ code: 'epoch_superseded' });
    await ledgerflow.getBalance({ ledger: 'l', account: 'a' });
    expect(sent[2]?.headers['ledger-consistency']).toBeUndefined();
  });
});

describe('consistency tokens', () => {
  it('of one ledger are a few: the largest, and the last', () => {
    const tokens = new ConsistencyTokens();
    for (const position of [100n, 52n, 51n, 50n, 49n, 48n, 47n, 46n, 45n]) tokens.set('l', `at ${position}`, position);
    expect(tokens.get('l')).toBe('at 100,at 52,at 51,at 50,at 49,at 48,at 47,at 45');
    tokens.set('l', 'at 60', 60n);
    expect(tokens.get('l')).toBe('at 100,at 60');
    tokens.set('l', 'at 101', 101n);
    expect(tokens.get('l')).toBe('at 101');
  });

  it('of another process stay beside those of this one, whose place nobody knows', () => {
    const tokens = new ConsistencyTokens();
    tokens.set('l', 'a,b');
    tokens.set('l', 'own', 7n);
    expect(tokens.toSend('l').map(({ token }) => token)).toEqual(['a', 'b', 'own']);
  });

  it('go with a read about all ledgers as far as one header holds, and are forgotten with it', async () => {
    const { ledgerflow, sent } = client([problem(409, 'epoch_superseded')]);
    for (let i = 0; i < 20; i++) ledgerflow.consistency.set(`l${i}`, `t${i}`);
    expect(await failureOf(ledgerflow.listLedgers().page())).toMatchObject({ code: 'epoch_superseded' });
    expect(sent[0]?.headers['ledger-consistency']?.split(',')).toHaveLength(16);
    expect(Array.from({ length: 20 }, (_, i) => ledgerflow.consistency.get(`l${i}`)).filter((one) => one !== null)).toEqual([
      't0',
      't1',
      't2',
      't3',
    ]);
  });

  it('that came meanwhile are not forgotten with those that were sent', () => {
    const tokens = new ConsistencyTokens();
    tokens.set('l', 'old', 9n);
    const sent = tokens.toSend('l');
    tokens.set('l', 'new', 3n);
    tokens.forgetSent(sent);
    expect(tokens.get('l')).toBe('new');
  });
});
