import { describe, expect, it } from '@jest/globals';
import { type LedgerRecord, recordToJson } from '@ledgerflow/contracts';
import type { Head } from '@ledgerflow/contracts/grpc';
import fc from 'fast-check';
import { GOLDEN_RECORD } from '../../../contracts/src/record.fixture.ts';
import { createPrincipal } from '../auth/principal.ts';
import { TestAudit } from '../test/operations.ts';
import { AuditSearch, type Found, type Place, type SearchFilter, type Step } from './search.ts';

const REQUEST = '0190c1a0-0000-7000-8000-0000000000cc';
const CALLER = { principal: createPrincipal('ann', ['auditor'], ['*'], Date.now() + 60_000), requestId: REQUEST };
const ALL: SearchFilter = { ledger: null };
const ACTORS = ['ann', 'ben'];

type Times = readonly number[];

/** Logs in memory, read as the writer's are; readsMax: records that one read may bring. */
class Logs {
  readonly logs: ReadonlyMap<string, LedgerRecord[]>;
  private readonly readsMax: number;
  recordsRead = 0;

  constructor(logs: readonly Times[], readsMax = 10_000) {
    this.readsMax = readsMax;
    this.logs = new Map(
      logs.map((times, number) => {
        const ledger = `l${number}`;
        const records = [...new Set(times)]
          .sort((a, b) => a - b)
          .map((time, i): LedgerRecord => ({
            ...GOLDEN_RECORD,
            ledger,
            position: BigInt(i + 1),
            recordedAt: BigInt(time),
            type: i % 3 === 0 ? 'FundsTransferred' : 'FundsDeposited',
            actor: ACTORS[i % 2]!,
          }));
        return [ledger, records];
      }),
    );
  }

  readonly writer: ConstructorParameters<typeof AuditSearch>[0]['writer'] = {
    getHeads: (_ledger, { ledgers }) => {
      const heads = ledgers.flatMap((ledger): Head[] => {
        const last = this.logs.get(ledger)?.at(-1);
        return last === undefined ? [] : [{ ledger, position: last.position, recordedAt: last.recordedAt } as Head];
      });
      return Promise.resolve({ heads, askedAt: 0n });
    },
    resolveTime: ({ ledger, time }) => {
      const position = this.logs.get(ledger)!.findLast(({ recordedAt }) => recordedAt <= time)?.position ?? 0n;
      return Promise.resolve({ position, epoch: 1, code: '' });
    },
    readLog: ({ ledger, afterPosition, toPosition }) => {
      const wanted = this.logs.get(ledger)!.slice(Number(afterPosition), Number(toPosition));
      const records = wanted.slice(0, this.readsMax).map(recordToJson);
      this.recordsRead += records.length;
      return Promise.resolve({ records, headPosition: 0n, isComplete: wanted.length <= this.readsMax });
    },
  };

  search(audit: TestAudit): AuditSearch {
    const ids = [...this.logs.keys()];
    return new AuditSearch({
      store: audit,
      writer: this.writer,
      model: {
        listLedgers: (granted, { limit }) => {
          const rows = ids.filter((id) => granted === null || granted.includes(id));
          return Promise.resolve({
            rows: rows.slice(0, limit).map((id) => ({ value: { id } })),
            next: rows.length > limit ? 'more' : null,
          }) as never;
        },
      },
    });
  }
}

function auditOf(actions: Times, accesses: Times): TestAudit {
  const audit = new TestAudit();
  const entry = (time: number, i: number, action: string) => ({
    id: BigInt(i + 1),
    recordedAt: BigInt(time),
    actor: ACTORS[i % 2]!,
    roles: ['admin'],
    action,
    ledger: i % 4 === 0 ? null : 'l0',
    target: null,
    parameters: {},
    requestId: REQUEST,
    outcome: { outcome: i % 3 === 0 ? 'forbidden' : 'done', result: null, recordedAt: BigInt(time) },
  });
  audit.entries.push(...actions.map((time, i) => entry(time, i, 'dlq.retry')));
  audit.accesses.push(...accesses.map((time, i) => entry(time, i, 'getLedger')));
  return audit;
}

const nameOf = (found: Found): string =>
  found.source === 'ledger'
    ? `${found.record.recordedAt} 0 ${found.record.ledger}/${found.record.position}`
    : `${found.entry.recordedAt} ${found.kind} ${found.entry.id}`;

async function steps(walk: AsyncGenerator<Step, void>, max = Infinity): Promise<Step[]> {
  const taken: Step[] = [];
  for await (const step of walk) {
    taken.push(step);
    if (taken.length >= max) break;
  }
  return taken;
}
const names = (walked: readonly Step[]): string[] => walked.flatMap(({ found }) => (found === null ? [] : [nameOf(found)]));

/** What there is, put in order without any of the search's own means. */
function expectedOf(logs: Logs, audit: TestAudit, keeps: (found: Found) => boolean = () => true): string[] {
  const all: Found[] = [
    ...[...logs.logs.values()].flat().map((record): Found => ({
      source: 'ledger',
      record: { ...record, target: null, reason: undefined, requestId: record.causationId },
    })),
    ...audit.entries.map((entry): Found => ({ source: 'gateway', kind: 'actions', entry })),
    ...audit.accesses.map((entry): Found => ({ source: 'gateway', kind: 'accesses', entry })),
  ];
  const key = (found: Found): [bigint, number, string, bigint] =>
    found.source === 'ledger'
      ? [found.record.recordedAt, 0, found.record.ledger, 0n]
      : [found.entry.recordedAt, found.kind === 'actions' ? 1 : 2, '', found.entry.id];
  return all
    .filter(keeps)
    .sort((a, b) => {
      const [at, rank, ledger, id] = key(a);
      const [bt, otherRank, otherLedger, otherId] = key(b);
      if (at !== bt) return at > bt ? -1 : 1;
      if (rank !== otherRank) return rank - otherRank;
      if (ledger !== otherLedger) return ledger < otherLedger ? -1 : 1;
      return id > otherId ? -1 : 1;
    })
    .map(nameOf);
}

/** Few times, so that many things happen at one. */
const times = fc.array(fc.integer({ min: 1, max: 25 }), { maxLength: 40 });

describe('the search over both stores', () => {
  it('is one order, whatever the pages are and at however many things happen at once', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(times, { maxLength: 4 }),
        times,
        times,
        fc.integer({ min: 1, max: 30 }),
        fc.integer({ min: 1, max: 9 }),
        async (ledgers, actions, accesses, pageMax, readsMax) => {
          const logs = new Logs(ledgers, readsMax);
          const audit = auditOf(actions, accesses);
          const search = logs.search(audit);
          const paged: string[] = [];
          let after: Place | null = null;
          for (;;) {
            const page: Step[] = await steps(search.walk(ALL, CALLER, after), pageMax);
            if (page.length === 0) break;
            paged.push(...names(page));
            after = page.at(-1)!.place;
          }
          expect(paged).toEqual(expectedOf(logs, audit));
        },
      ),
      { verbose: 1 },
    );
  });

  it('finds by who, what, which ledger, how it ended and when', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(times, { minLength: 1, maxLength: 3 }),
        times,
        times,
        fc.record(
          {
            actor: fc.constantFrom('ann', 'ben', 'nobody'),
            action: fc.constantFrom('FundsDeposited', 'dlq.retry', 'getLedger'),
            outcome: fc.constantFrom('done', 'forbidden'),
            source: fc.constantFrom('ledger' as const, 'gateway' as const),
            from: fc.bigInt({ min: 1n, max: 25n }),
            to: fc.bigInt({ min: 1n, max: 25n }),
            requestId: fc.constantFrom(REQUEST, GOLDEN_RECORD.causationId),
          },
          { requiredKeys: [] },
        ),
        fc.constantFrom(null, 'l0', 'l1'),
        async (ledgers, actions, accesses, filter, ledger) => {
          const logs = new Logs(ledgers);
          const audit = auditOf(actions, accesses);
          const found = names(await steps(logs.search(audit).walk({ ...filter, ledger }, CALLER, null)));
          const wanted = expectedOf(logs, audit, (one) => {
            const is =
              one.source === 'ledger'
                ? {
                    actor: one.record.actor,
                    action: one.record.type,
                    outcome: 'done',
                    at: one.record.recordedAt,
                    ledger: one.record.ledger,
                    requestId: one.record.requestId,
                  }
                : { ...one.entry, outcome: one.entry.outcome!.outcome, at: one.entry.recordedAt };
            return (
              (filter.source ?? one.source) === one.source &&
              (filter.actor ?? is.actor) === is.actor &&
              (filter.action ?? is.action) === is.action &&
              (filter.outcome ?? is.outcome) === is.outcome &&
              (filter.requestId ?? is.requestId) === is.requestId &&
              (ledger ?? is.ledger) === is.ledger &&
              is.at >= (filter.from ?? 0n) &&
              is.at <= (filter.to ?? 1_000n)
            );
          });
          expect(found).toEqual(wanted);
        },
      ),
      { verbose: 1 },
    );
  });

  it('shows what is of granted ledgers', async () => {
    const logs = new Logs([[1, 2], [3]]);
    const audit = auditOf([1, 2, 3], [1, 2]);
    const as = (ledgers: string[]) => ({ ...CALLER, principal: createPrincipal('ann', ['auditor'], ledgers, Date.now() + 60_000) });
    const seen = async (ledgers: string[], filter: SearchFilter = ALL): Promise<string[]> =>
      names(await steps(logs.search(audit).walk(filter, as(ledgers), null)));
    expect(await seen(['l1'])).toEqual(['3 0 l1/1']);
    expect(await seen(['l0'])).toEqual(['3 actions 3', '2 0 l0/2', '2 actions 2', '2 accesses 2', '1 0 l0/1']);
    expect(await seen(['l1'], { ledger: 'l0' })).toEqual([]);
    expect(await seen([])).toEqual([]);
    expect(await seen(['is-not-there'])).toEqual([]);
  });

  it('reads of a long log what a page needs', async () => {
    const logs = new Logs([Array.from({ length: 50_000 }, (_, i) => i + 1)]);
    const page = await steps(logs.search(auditOf([], [])).walk({ ledger: 'l0', to: 40_000n }, CALLER, null), 100);
    expect(names(page).slice(0, 2)).toEqual(['40000 0 l0/40000', '39999 0 l0/39999']);
    expect(logs.recordsRead).toBeLessThan(500);
  });

  it('asks for a ledger when there are more than it looks through', async () => {
    const logs = new Logs(Array.from({ length: 1_001 }, () => [1]));
    const search = logs.search(auditOf([1], []));
    await expect(steps(search.walk(ALL, CALLER, null))).rejects.toMatchObject({ code: 'invalid_request', options: { field: 'ledger' } });
    expect(names(await steps(search.walk({ ...ALL, source: 'gateway' }, CALLER, null)))).toEqual(['1 actions 1']);
    expect(names(await steps(search.walk({ ledger: 'l7', source: 'ledger' }, CALLER, null)))).toEqual(['1 0 l7/1']);
  });
});
