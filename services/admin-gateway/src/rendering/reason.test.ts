import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { LedgerRecord } from '@ledgerflow/contracts';
import { GOLDEN_RECORD } from '../../../contracts/src/record.fixture.ts';
import { TestGateway } from '../test/gateway.ts';
import { rawExchange } from '../test/raw.ts';
import { renderRecord } from './record.ts';

interface Told {
  type: string;
  reason?: string | null;
}

const STEPS = [
  ['freeze', 'AccountFrozen', 'court order'],
  ['unfreeze', 'AccountUnfrozen', 'it was lifted'],
  ['close', 'AccountClosed', 'gone'],
] as const;
const REASONS = STEPS.map(([, type, reason]) => ({ type, reason }));

describe('the reason of a change of status', () => {
  let test: TestGateway;
  beforeAll(async () => {
    test = await TestGateway.start();
    await test.seed('main', { dan: '0' });
    for (const [step, , reason] of STEPS) expect((await test.post(`/ledgers/main/accounts/dan/${step}`, { reason })).status).toBe(200);
  });
  afterAll(() => test.stop());

  const toldOf = (records: unknown): Told[] =>
    (records as Told[]).filter(({ type }) => REASONS.some((known) => known.type === type)).map(({ type, reason }) => ({ type, reason }));

  it.each(['/ledgers/main/events', '/ledgers/main/accounts/dan/events'])('is told by %s', async (path) => {
    const { data } = (await test.get(path)).body as { data: Told[] };
    expect(toldOf(data)).toEqual(REASONS);
    expect(data.find(({ type }) => type === 'AccountOpened')).not.toHaveProperty('reason');
  });

  it('is told by the stream', async () => {
    const authorization = `authorization: Bearer ${await test.token()}\r\n`;
    const asked = `GET /api/v1/ledgers/main/events/stream?after=0 HTTP/1.1\r\nhost: x\r\n${authorization}\r\n`;
    const answer = await rawExchange(test.gateway.port, asked, (text) => /AccountClosed.*\n\n/.test(text));
    expect(toldOf([...answer.matchAll(/^data: (.*)$/gm)].map(([, json]) => JSON.parse(json!) as Told))).toEqual(REASONS);
  });

  it('is told by the audit, among the parameters', async () => {
    const { data } = (await test.get('/admin/audit?source=ledger&ledger=main')).body as {
      data: { action: string; parameters: { reason?: string } }[];
    };
    expect(toldOf(data.map(({ action, parameters }) => ({ type: action, ...parameters })))).toEqual([...REASONS].reverse());
    expect(data.find(({ action }) => action === 'AccountOpened')?.parameters).toEqual({});
  });

  it('is null once it was erased', () => {
    const frozen: LedgerRecord = { ...GOLDEN_RECORD, type: 'AccountFrozen', transactions: [], events: [] };
    const details = { index: 0, hash: '44'.repeat(32), salt: '55'.repeat(16), body: { reason: 'x' } };
    expect(renderRecord({ ...frozen, details: [details] })['reason']).toBe('x');
    expect(renderRecord({ ...frozen, details: [{ ...details, salt: null, body: null }] })['reason']).toBeNull();
  });
});
