import { describe, expect, it } from '@jest/globals';
import { LedgerFlowProblem, LedgerFlowUnreachable } from '@ledgerflow/client';
import { attentionOf, countOf, type Facts, failureOf } from './attention.ts';

type Of<K extends keyof Facts> = NonNullable<Facts[K]>;
const AT = '2026-11-22T07:00:00.000000Z';

const trial = (balanced: boolean): Of<'trial'> => ({
  ledger: 'town',
  balanced,
  currencies: [
    { currency: 'USD', debits: '1000.00', credits: balanced ? '1000.00' : '999.99' },
    { currency: 'EUR', debits: '1.00', credits: '1.00' },
  ],
  asOf: AT,
  asOfPosition: '9',
});
const projection = (given: Partial<Of<'projections'>['data'][number]>) =>
  ({
    ledger: 'town',
    projection: 'account_summary',
    isLive: true,
    lagRecords: '0',
    lagSeconds: 0,
    heldReason: null,
    heldSince: null,
    stoppedReason: null,
    divergences: 0,
    ...given,
  }) as Of<'projections'>['data'][number];
const projections = (...rows: Partial<Of<'projections'>['data'][number]>[]): Of<'projections'> => ({
  data: rows.map(projection),
  nextCursor: null,
});
const outbox = (given: Partial<Of<'outbox'>['data'][number]>, relay: 'on' | 'off' = 'on') =>
  ({
    relay,
    data: [{ cluster: 'main', slot: 0, backlog: '0', oldestAgeSeconds: 0, isLive: true, breaker: 'closed', lastError: null, ...given }],
    nextCursor: null,
  }) as Of<'outbox'>;
const check = (name: string, ok: boolean, reason?: string) => ({ name, ok, since: AT, ...(reason === undefined ? {} : { reason }) });
const of = (facts: Omit<Facts, 'ledger'>) => attentionOf({ ledger: 'town', ...facts });
const told = (facts: Omit<Facts, 'ledger'>) => of(facts).map(({ severity, title }) => `${severity}: ${title}`);

describe('what needs attention', () => {
  it('is nothing when all is well, and of what is not known', () => {
    expect(of({})).toEqual([]);
    const health = { ready: true, services: [{ name: 'gateway', version: '1', ready: true, checks: [check('database', true)] }] };
    const letters = { data: [], nextCursor: null };
    expect(of({ trial: trial(true), health, outbox: outbox({}), projections: projections({}), letters })).toEqual([]);
  });

  it('has books that do not balance first, by the currencies in which they do not', () => {
    const items = of({ trial: trial(false), projections: projections({ heldReason: 'poison', heldSince: AT }) });
    expect(items.map(({ id }) => id)).toEqual(['books', 'held poison']);
    expect(items[0]).toMatchObject({
      severity: 'critical',
      detail: 'Debits and credits differ: 1,000.00 and 999.99 USD.',
      link: { to: '/ledgers/town/trial-balance' },
    });
  });

  it('tells everybody that the read side is held, though the books as they were then balance', () => {
    expect(of({ trial: { ...trial(true), heldAt: '9' } })).toEqual([
      {
        id: 'held',
        severity: 'critical',
        title: 'The read side is held since a record could not be applied',
        detail: 'What was recorded behind position 9 is missing here until that record is repaired.',
        since: AT,
      },
    ]);
  });

  it("tells of a clock that is more than a minute off the ledger's", () => {
    expect(told({ behindMinutes: 30 })).toEqual(["warning: This machine's clock is 30 min behind the ledger's"]);
    expect(told({ behindMinutes: -90 })).toEqual(["warning: This machine's clock is 1 h 30 min ahead of the ledger's"]);
    expect(told({ behindMinutes: 0 })).toEqual([]);
  });

  it('has what is critical before what is a warning', () => {
    const health = {
      ready: false,
      services: [
        { name: 'gateway', version: '1', ready: true, checks: [check('audit store', false, 'slow')] },
        { name: 'writer', version: null, ready: false, error: 'refused' },
      ],
    };
    const items = of({ health });
    expect(items.map(({ id, severity, detail }) => [id, severity, detail])).toEqual([
      ['service writer', 'critical', 'refused'],
      ['service gateway', 'warning', 'audit store: slow'],
    ]);
    expect(items[1]?.since).toBe(AT);
  });

  it('tells of an outbox that stands still, is late, or is neither', () => {
    expect(told({ outbox: outbox({ breaker: 'open', backlog: '1', lastError: 'no broker' }) })).toEqual([
      'critical: 1 slot of the outbox does not publish',
    ]);
    expect(of({ outbox: outbox({ breaker: 'half-open', backlog: '7', lastError: 'no broker' }) })[0]?.detail).toBe(
      '7 records wait for Kafka. no broker',
    );
    expect(told({ outbox: outbox({ isLive: false, backlog: '2' }) })).toHaveLength(1);
    expect(told({ outbox: outbox({ isLive: false }) })).toEqual([]);
    expect(told({ outbox: outbox({ backlog: '12345', oldestAgeSeconds: 31 }) })).toEqual(['warning: The outbox is late']);
    expect(told({ outbox: outbox({ backlog: '12345', oldestAgeSeconds: 30 }) })).toEqual([]);
    expect(told({ outbox: outbox({ breaker: 'open' }, 'off') })).toEqual([]);
  });

  it('tells how many dead letters there are, of a list that was cut that there are more', () => {
    const letter = { parkedAt: AT, error: 'unreadable' } as Of<'letters'>['data'][number];
    expect(countOf({ data: [letter, letter], nextCursor: 'x' })).toBe('2+');
    const [item] = of({ letters: { data: [{ ...letter, error: null }, letter], nextCursor: null } });
    expect(item).toMatchObject({ severity: 'critical', title: '2 dead letters', since: AT, link: { to: '/dead-letters?ledger=town' } });
    expect(item?.detail).toContain('unreadable');
  });

  it('tells of projections that are held, once a reason, and of those that lag', () => {
    const rows = [
      { projection: 'a', heldReason: 'poison', heldSince: AT },
      { projection: 'b', heldReason: 'poison', heldSince: AT },
      { projection: 'c', lagSeconds: 75, lagRecords: '12000' },
      { projection: 'd', lagSeconds: null, lagRecords: null },
    ];
    expect(told({ projections: projections(...rows) })).toEqual([
      'critical: Held: a, b',
      'warning: Projections are behind the log',
      'unknown: How far projections are behind the log is not known',
    ]);
    const gone = { name: 'read-model-builder', version: '1', ready: false, checks: [check('heads', false, 'not compared')] };
    // Told once, with the reason.
    expect(told({ health: { ready: false, services: [gone] }, projections: projections({ lagSeconds: null, lagRecords: null }) })).toEqual([
      'critical: read-model-builder is not ready',
    ]);
    expect(of({ projections: projections(...rows) })[1]?.detail).toContain('12,000 records and 1 min 15 s');
    expect(told({ projections: projections({ lagSeconds: 10 }) })).toEqual([]);
    expect(told({ projections: projections({ stoppedReason: 'forked' }, { divergences: 2 }) })).toEqual([
      'critical: The read side has stopped at this ledger',
      'warning: 2 discarded records missing in projections',
    ]);
  });

  it('says that it does not know where a source failed, but not what the bar on top says', () => {
    const problem = (status: number) =>
      new LedgerFlowProblem(
        { status, code: 'overloaded', title: 'Busy', detail: 'Too much at once.', requestId: 'r-1' },
        { operation: 'getOutbox', attempts: 1, idempotencyKey: null, isOutcomeUnknown: false },
      );
    expect(failureOf('outbox', problem(503))).toMatchObject({ severity: 'unknown', detail: expect.stringContaining('r-1') });
    expect(failureOf('outbox', problem(401))).toBeNull();
    expect(failureOf('outbox', null)).toBeNull();
    expect(failureOf('outbox', Object.create(LedgerFlowUnreachable.prototype))).toBeNull();
  });
});
