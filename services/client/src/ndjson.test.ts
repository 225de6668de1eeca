import { describe, expect, it } from '@jest/globals';
import { client, failureOf, lost } from './client.fixture.ts';
import { LedgerFlowUnreachable } from './index.ts';
import { problem, silence, type Step } from './scripted.fixture.ts';

describe('an export', () => {
  const lines = (text: string, type = 'application/x-ndjson; charset=utf-8') => new Response(text, { headers: { 'content-type': type } });

  it('is every line of its answer, as it comes', async () => {
    const { ledgerflow, sent } = client(
      [problem(401, 'unauthenticated'), lines('{"id":"1"}\n{"id":"2"}\n')],
      ({ refusedToken }) => refusedToken ?? 'a',
    );
    const ids: string[] = [];
    for await (const { id } of ledgerflow.exportAudit({ ledger: 'l' })) ids.push(id);
    expect(ids).toEqual(['1', '2']);
    expect([sent.length, sent[1]?.headers['accept']]).toEqual([2, 'application/x-ndjson']);
  });

  it.each<[string, () => Step]>([
    ['a lost connection', () => lost()],
    ['a line that is cut', () => lines('{"id":"1"}\n{"i')],
    ['a page', () => lines('<h1>', 'text/html')],
    ['silence', () => silence],
  ])('ends with %s, and is not asked for again', async (_what, step) => {
    const { ledgerflow, sent } = client([step()]);
    const work = (async () => {
      for await (const { id } of ledgerflow.exportAudit({}, { silentMsMax: 50 })) expect(id).toBe('1');
    })();
    expect(await failureOf(work)).toBeInstanceOf(LedgerFlowUnreachable);
    expect(sent).toHaveLength(1);
  });

  it('ends with a problem, and with the signal of the caller', async () => {
    expect(
      await failureOf(
        client([problem(403, 'forbidden')])
          .ledgerflow.exportAudit()
          .next(),
      ),
    ).toMatchObject({ code: 'forbidden' });
    const stop = new AbortController();
    const next = client([silence]).ledgerflow.exportAudit({}, { signal: stop.signal }).next();
    stop.abort(new Error('enough'));
    await expect(next).rejects.toThrow('enough');
  });

  it('and a stream have no single answer', async () => {
    const { ledgerflow } = client([]);
    await expect(ledgerflow.answer('exportAudit' as 'getMe', {})).rejects.toThrow(TypeError);
  });
});
