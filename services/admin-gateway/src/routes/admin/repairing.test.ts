import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { RepairCode } from '@ledgerflow/read-model';
import type { Reply } from '../../test/gateway.ts';
import { TestGateway } from '../../test/gateway.ts';
import { TestAudit, TestOperations } from '../../test/operations.ts';

const REBUILDS = '/admin/projections/account_summary/rebuilds';
const ONLY_MAIN = { roles: ['admin'], ledgers: ['main'] };

describe('repairing the read side', () => {
  let test: TestGateway;
  let builder: TestOperations;
  let audit: TestAudit;
  /** The writer's records as it gave them out. */
  const texts: string[] = [];
  beforeAll(async () => {
    builder = new TestOperations();
    audit = new TestAudit();
    test = await TestGateway.start({ operations: builder.operations, repairOutcomes: builder.outcomes, audit });
    const { onCommit } = test.writer;
    test.writer.onCommit = (ledger, committed) => {
      texts.push(...committed);
      onCommit?.(ledger, committed);
    };
    await test.seed('main', { alice: '1.00' });
  });
  beforeEach(() => {
    builder.letters = [];
    builder.rebuilds = [];
    builder.parts = [];
    builder.refusal = null;
    builder.requests.length = 0;
    builder.repair = () => ({ applied: 1, left: 0, code: null, detail: null });
    builder.ledgers = ['main', 'other'];
    audit.entries.length = 0;
    audit.isDown = false;
  });
  afterAll(() => test.stop());

  const codeOf = (reply: Reply): unknown[] => [reply.status, reply.body['code']];

  it('shows dead letters with their payload, to those who have a grant for their ledger', async () => {
    const mine = builder.letter('main', 7n, { record: '{"position":"7"}' });
    builder.letter('main', 8n, { state: 'queued', error: null });
    builder.letter('other', 3n);
    const all = (await test.get('/admin/dlq')).body['data'] as { ledger: string; position: string; state: string }[];
    expect(all.map(({ ledger, position, state }) => [ledger, position, state])).toEqual([
      ['main', '7', 'refused'],
      ['main', '8', 'queued'],
      ['other', '3', 'refused'],
    ]);
    const granted = await test.get('/admin/dlq', {}, ONLY_MAIN);
    expect((granted.body['data'] as unknown[]).length).toBe(2);
    expect((await test.get('/admin/dlq?ledger=other', {}, ONLY_MAIN)).body['data']).toEqual([]);
    expect((await test.get('/admin/dlq?state=queued')).body['data']).toMatchObject([{ position: '8' }]);
    expect(codeOf(await test.get('/admin/dlq?account=alice'))).toEqual([400, 'invalid_request']);
    const one = await test.get(`/admin/dlq/${mine.id}`, {}, ONLY_MAIN);
    expect(one.body).toMatchObject({ id: '1', error: 'it can not be', payload: '{"position":"7"}', accounts: ['alice'] });
    for (const path of ['/admin/dlq/3', '/admin/dlq/99'])
      expect(codeOf(await test.get(path, {}, ONLY_MAIN))).toEqual([404, 'dead_letter_not_found']);
    expect((await test.post('/admin/dlq/3/retry', undefined, {}, ONLY_MAIN)).status).toBe(404);
    expect((await test.post('/admin/dlq/3/discard', { reason: 'x' }, {}, ONLY_MAIN)).status).toBe(404);
    expect(builder.requests).toEqual([]);
  });

  it('shows the record of a dead letter as the log of the writer is shown, when it can be read', async () => {
    const log = (await test.get('/ledgers/main/events')).body['data'] as unknown[];
    expect(log.length).toBeGreaterThan(1);
    for (const [index, text] of texts.slice(0, log.length).entries()) {
      const { id } = builder.letter('main', BigInt(index + 1), { record: text });
      const { body } = await test.get(`/admin/dlq/${id}`);
      expect([body['payload'], body['record']]).toEqual([text, log[index]]);
    }
    const damaged = builder.letter('main', 99n, { record: texts[1]!.replace('"schema":1', '"schema":9') });
    expect((await test.get(`/admin/dlq/${damaged.id}`)).body).toMatchObject({ payload: damaged.record, record: null });
  });

  it('asks for a retry, a discard, and a retry of all, writes who did it before and what came of it after', async () => {
    builder.letter('main', 7n);
    const retried = await test.post('/admin/dlq/1/retry', undefined, {}, { subject: 'ann' });
    expect([retried.status, retried.body]).toMatchObject([200, { state: 'finished', applied: 1, left: 0, code: null }]);
    const discarded = await test.post('/admin/dlq/1/discard', { reason: 'a test record' }, {}, { subject: 'ann' });
    expect(discarded.status).toBe(200);
    expect((await test.post('/admin/dlq/retry-all', { ledger: 'main' }, {}, { ...ONLY_MAIN, subject: 'ben' })).status).toBe(200);
    expect((await test.post('/admin/dlq/retry-all', {}, {}, { subject: 'ben' })).status).toBe(200);
    expect(builder.requests).toEqual([
      { kind: 'retry', deadLetter: 1n, ledger: 1, reason: null, actor: 'ann' },
      { kind: 'discard', deadLetter: 1n, ledger: 1, reason: 'a test record', actor: 'ann' },
      { kind: 'retry', deadLetter: null, ledger: 1, reason: null, actor: 'ben' },
      { kind: 'retry', deadLetter: null, ledger: null, reason: null, actor: 'ben' },
    ]);
    expect(codeOf(await test.post('/admin/dlq/retry-all', {}, {}, ONLY_MAIN))).toEqual([403, 'forbidden']);
    expect(codeOf(await test.post('/admin/dlq/retry-all', { ledger: 'other' }, {}, ONLY_MAIN))).toEqual([403, 'forbidden']);
    expect(codeOf(await test.post('/admin/dlq/retry-all', { ledger: 'nowhere' }))).toEqual([404, 'ledger_not_found']);
    expect(codeOf(await test.post('/admin/dlq/1/discard', {}))).toEqual([400, 'invalid_request']);
    const trail = await test.get('/admin/audit?source=gateway', {}, { roles: ['auditor'], ledgers: ['main'] });
    expect(trail.body['data']).toMatchObject([
      { action: 'dlq.retry-all', actor: 'ben', ledger: 'main', outcome: { outcome: 'done' } },
      { action: 'dlq.discard', actor: 'ann', target: '1', parameters: { position: '7', reason: 'a test record' } },
      { action: 'dlq.retry', actor: 'ann', target: '1', outcome: { outcome: 'done', result: { applied: 1 } } },
    ]);
    const found = async (filter: string): Promise<number> => ((await test.get(`/admin/audit?${filter}`)).body['data'] as unknown[]).length;
    expect(await found('action=dlq.retry-all')).toBe(2);
    expect(await found('action=dlq.retry-all&actor=ben&ledger=main')).toBe(1);
    expect(await found('action=dlq.retry&actor=ben')).toBe(0);
  });

  it.each<[RepairCode, number, string]>([
    ['earlier_record_parked', 409, 'earlier_record_parked'],
    ['balance_depends', 409, 'balance_depends'],
    ['not_refused', 409, 'not_refused'],
    ['still_refused', 409, 'still_refused'],
    ['ledger_stopped', 409, 'ledger_stopped'],
    ['not_found', 404, 'dead_letter_not_found'],
  ])('a builder that answers %s is %i %s', async (code, status, problem) => {
    builder.letter('main', 7n);
    builder.repair = () => ({ applied: 0, left: 3, code, detail: 'why it was not done' });
    const reply = await test.post('/admin/dlq/1/retry', undefined);
    expect([...codeOf(reply), reply.body['detail'], reply.body['left']]).toEqual([status, problem, 'why it was not done', '3']);
    expect(audit.entries).toMatchObject([{ action: 'dlq.retry', outcome: { outcome: problem } }]);
  });

  it('answers 202 when the builder takes longer, and tells later what came of it', async () => {
    builder.letter('main', 7n);
    builder.repair = () => null;
    const accepted = await test.post('/admin/dlq/1/retry', undefined, {}, ONLY_MAIN);
    const { id, state } = accepted.body as { id: string; state: string };
    expect([accepted.status, state, accepted.headers.get('location')]).toEqual([202, 'running', `/api/v1/admin/dlq/repairs/${id}`]);
    expect(audit.entries[0]?.outcome?.outcome).toBe('accepted');
    builder.finish(id, { applied: 0, left: 1, code: 'still_refused', detail: 'again' });
    const finished = await test.get(`/admin/dlq/repairs/${id}`, {}, ONLY_MAIN);
    expect(finished.body).toEqual({ id, state: 'finished', applied: 0, left: 1, code: 'still_refused', detail: 'again' });
    expect(codeOf(await test.get(`/admin/dlq/repairs/${id}`, {}, { roles: ['admin'], ledgers: ['other'] }))).toEqual([
      404,
      'repair_not_found',
    ]);
  });

  it('does nothing that the audit store does not have', async () => {
    builder.letter('main', 7n);
    audit.isDown = true;
    for (const [path, body] of [
      ['/admin/dlq/1/retry', undefined],
      ['/admin/dlq/1/discard', { reason: 'x' }],
      ['/admin/dlq/retry-all', {}],
      [REBUILDS, { ledger: 'main' }],
    ] as const) {
      const reply = await test.post(path, body);
      expect([path, ...codeOf(reply)]).toEqual([path, 503, 'audit_unavailable']);
    }
    expect([builder.requests, builder.rebuilds]).toEqual([[], []]);
    expect((await test.get('/admin/dlq')).status).toBe(200);
  });

  it('requests, shows and cancels rebuilds; a second one of the same rows is refused', async () => {
    const made = await test.post(REBUILDS, { ledger: 'main', maxRatePerSecond: 5_000 }, {}, { ...ONLY_MAIN, subject: 'ann' });
    const id = made.body['id'] as string;
    expect([made.status, made.headers.get('location')]).toEqual([202, `/api/v1${REBUILDS}/${id}`]);
    expect(made.body).toMatchObject({
      projection: 'account_summary',
      ledger: 'main',
      state: 'waiting',
      percent: 0,
      maxRatePerSecond: 5_000,
    });
    expect(codeOf(await test.post('/admin/projections/all/rebuilds', {}))).toEqual([409, 'rebuild_in_progress']);
    Object.assign(builder.rebuilds[0]!, { state: 'running', recordsTotal: 3_000n, recordsDone: 1_000n, rate: 500 });
    const shown = await test.get(`${REBUILDS}/${id}`, {}, ONLY_MAIN);
    expect(shown.body).toMatchObject({ state: 'running', percent: 33.3, recordsPerSecond: 500, secondsLeft: 4, parts: [] });
    expect((await test.get(`/admin/projections/all/rebuilds/${id}`)).status).toBe(200);
    expect(codeOf(await test.get(`/admin/projections/transactions/rebuilds/${id}`))).toEqual([404, 'rebuild_not_found']);
    const stranger = { roles: ['admin'], ledgers: ['other'] };
    expect(codeOf(await test.get(`${REBUILDS}/${id}`, {}, stranger))).toEqual([404, 'rebuild_not_found']);
    expect((await test.call('DELETE', `${REBUILDS}/${id}`, undefined, {}, stranger)).status).toBe(404);
    expect((await test.get('/admin/projections/all/rebuilds', {}, stranger)).body['data']).toEqual([]);
    const cancelled = await test.call('DELETE', `${REBUILDS}/${id}`, undefined, {}, ONLY_MAIN);
    expect([cancelled.status, cancelled.body['state']]).toEqual([202, 'cancelling']);
    Object.assign(builder.rebuilds[0]!, { state: 'refused', finishedAt: 1_790_000_001_000_000n, difference: { account: 'alice' } });
    expect((await test.call('DELETE', `${REBUILDS}/${id}`, undefined, {}, ONLY_MAIN)).status).toBe(200);
    const list = await test.get(REBUILDS, {}, ONLY_MAIN);
    expect(list.body['data']).toMatchObject([{ id, state: 'refused', difference: { account: 'alice' }, secondsLeft: null }]);
    expect((await test.post('/admin/projections/all/rebuilds', {})).body).toMatchObject({ projection: 'all', ledger: null });
    expect(audit.entries.map(({ action, outcome }) => [action, outcome?.outcome])).toEqual([
      ['rebuild.request', 'accepted'],
      ['rebuild.request', 'rebuild_in_progress'],
      ['rebuild.cancel', 'accepted'],
      ['rebuild.cancel', 'done'],
      ['rebuild.request', 'accepted'],
    ]);
  });

  it('asks for a proof only, and shows digests of what is made', async () => {
    const made = await test.post(REBUILDS, { ledger: 'main', proveOnly: true }, {}, ONLY_MAIN);
    const id = made.body['id'] as string;
    expect([made.status, made.body['proveOnly'], made.body['byIdOnly']]).toEqual([202, true, false]);
    expect(builder.rebuilds).toMatchObject([{ isProveOnly: true }]);
    expect(audit.entries).toMatchObject([{ action: 'rebuild.request', parameters: { proveOnly: true } }]);
    const part = { ledger: 'main', projection: 'account_summary', generation: 9, state: 'dropped' as const };
    builder.parts = [{ ...part, position: 7n, rows: 4n, digest: '0a0b' }];
    Object.assign(builder.rebuilds[0]!, {
      state: 'proven',
      isByIdOnly: true,
      finishedAt: 1_790_000_001_000_000n,
      recordsTotal: 7n,
      recordsDone: 7n,
    });
    expect((await test.get(`${REBUILDS}/${id}`, {}, ONLY_MAIN)).body).toMatchObject({
      state: 'proven',
      percent: 100,
      proveOnly: true,
      byIdOnly: true,
      parts: [{ ...part, position: '7', rows: '4', digest: '0a0b' }],
    });
    expect((await test.get(REBUILDS, {}, ONLY_MAIN)).body['data']).toMatchObject([{ id, proveOnly: true, byIdOnly: true }]);
    const refused = await test.post(REBUILDS, { ledger: 'main', account: 'alice', proveOnly: true }, {}, ONLY_MAIN);
    expect([...codeOf(refused), refused.body['field']]).toEqual([400, 'invalid_request', 'proveOnly']);
    expect((await test.post(REBUILDS, { ledger: 'main', proveOnly: false }, {}, ONLY_MAIN)).body['proveOnly']).toBe(false);
  });

  it('refuses rebuilds of what is not there or not granted', async () => {
    const refused = async (path: string, body: object, claims = {}): Promise<unknown[]> => codeOf(await test.post(path, body, {}, claims));
    expect(await refused('/admin/projections/nothing/rebuilds', {})).toEqual([404, 'projection_not_found']);
    expect(await refused(REBUILDS, {}, ONLY_MAIN)).toEqual([403, 'forbidden']);
    expect(await refused(REBUILDS, { ledger: 'other' }, ONLY_MAIN)).toEqual([403, 'forbidden']);
    expect(await refused(REBUILDS, { ledger: 'nowhere' })).toEqual([404, 'ledger_not_found']);
    expect(await refused(REBUILDS, { account: 'alice' })).toEqual([400, 'invalid_request']);
    expect(await refused(REBUILDS, { ledger: 'main', account: 'nobody' })).toEqual([404, 'account_not_found']);
    expect(await refused('/admin/projections/transactions/rebuilds', { ledger: 'main', account: 'alice' })).toEqual([
      400,
      'invalid_request',
    ]);
    expect(await refused(REBUILDS, { ledger: 'main', maxRatePerSecond: 0 })).toEqual([400, 'invalid_request']);
    expect([builder.rebuilds, audit.entries]).toEqual([[], []]);
    expect((await test.post(REBUILDS, { ledger: 'main', account: 'alice' })).status).toBe(202);
    expect(codeOf(await test.get('/admin/projections?projection=nothing'))).toEqual([404, 'projection_not_found']);
  });

  it.each(['records_parked', 'ledger_diverged'] as const)('a rebuild that the database refuses as %s is 409', async (refusal) => {
    builder.refusal = refusal;
    const reply = await test.post(REBUILDS, { ledger: 'main', account: 'alice' }, {}, ONLY_MAIN);
    expect([...codeOf(reply), reply.body['detail']]).toEqual([409, refusal, 'why it is not begun']);
    expect(audit.entries).toMatchObject([{ action: 'rebuild.request', outcome: { outcome: refusal } }]);
  });

  it('says for which other rebuild one waits, and rounds its rate', async () => {
    const made = await test.post(REBUILDS, { ledger: 'main' }, {}, ONLY_MAIN);
    expect(made.body['waitsFor']).toBeNull();
    const path = `${REBUILDS}/${made.body['id'] as string}`;
    Object.assign(builder.rebuilds[0]!, { waitsFor: 'another', rate: 12.345 });
    expect((await test.get(path, {}, ONLY_MAIN)).body).toMatchObject({ state: 'waiting', waitsFor: 'another', recordsPerSecond: 12 });
  });

  it('lists projections with their lag', async () => {
    const head = await test.head('main');
    builder.states = ['account_summary', 'transactions'].map((projection, i) => ({
      ledger: 'main',
      projection,
      scope: i === 0 ? 'account' : 'ledger',
      epoch: 1,
      appliedPosition: head,
      appliedRecordedAt: 1_790_000_000_000_000n,
      position: head - BigInt(i),
      recordedAt: 1_790_000_000_000_000n,
      generation: 1,
      rows: 4n,
      heldReason: i === 0 ? null : 'a record is parked',
      heldAt: null,
      stoppedReason: null,
      parkedAccounts: 1,
      deadLetters: 2,
      divergences: 3,
      rebuild: null,
    }));
    const listed = await test.get('/admin/projections?ledger=main');
    expect(listed.body['data']).toMatchObject([
      { projection: 'account_summary', isLive: true, lagRecords: '0', lagSeconds: 0, headPosition: head.toString(), divergences: 3 },
      { projection: 'transactions', isLive: false, lagRecords: '1', heldReason: 'a record is parked', deadLetters: 2 },
    ]);
    expect((await test.get('/admin/projections', {}, ONLY_MAIN)).status).toBe(403);
  });
});
