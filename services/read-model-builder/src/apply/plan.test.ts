import { describe, expect, it } from '@jest/globals';
import { recordToJson } from '@ledgerflow/contracts';
import { PROJECTIONS, type LiveProjection, type Projection } from '@ledgerflow/read-model/projections';
import { TestLedger } from '@ledgerflow/read-model/testing';
import { chooseStep } from '../catch-up/choose.ts';
import { readMarks } from './envelope.ts';
import { planLedger, type LedgerPlan } from './plan.ts';
import { prepareRecord, type PreparedRecord } from './prepare.ts';

const NAMES = PROJECTIONS.map(({ name }) => name);
const OF_ACCOUNTS = PROJECTIONS.filter(({ scope }) => scope === 'account').map(({ name }) => name);
const OF_LEDGER = PROJECTIONS.filter(({ scope }) => scope === 'ledger').map(({ name }) => name);

function live(position: bigint, over: Record<string, Partial<LiveProjection>> = {}): Map<string, LiveProjection> {
  return new Map(
    NAMES.map((projection) => [
      projection,
      {
        ledger: 1,
        projection,
        generation: 1,
        position,
        recordedAt: 0n,
        rows: 0,
        digest: 0n,
        wholeTo: 0n,
        heldReason: null,
        ...over[projection],
      },
    ]),
  );
}

const ledger = new TestLedger('books', 1);
for (const id of ['a', 'b', 'c', 'd']) ledger.open(id);
const start = ledger.position;
const ab = ledger.transfer('a', 'b', 1n);
const cd = ledger.transfer('c', 'd', 1n);
const bc = ledger.transfer('b', 'c', 1n);
const prepared = [ab, cd, bc].map((record) => prepareRecord({ ledger: ledger.id, text: recordToJson(record) }));
const numberOf = (id: string): number => ledger.accounts.get(id)?.number ?? 0;
const refuse = (at: number, ...projections: string[]): PreparedRecord[] =>
  prepared.map((record, i) => (i === at ? { ...record, refusal: { projections, error: 'refused' } } : record));

function shown({ work, letters, holds }: LedgerPlan) {
  return {
    to: Object.fromEntries(work.map(({ live: { projection }, to }) => [projection, to?.record.position ?? start])),
    changes: Object.fromEntries(work.map(({ live: { projection }, changes }) => [projection, changes.length])),
    letters: letters.map(({ prepared: { record }, accounts, refusal }) => [
      record.position,
      accounts.map(({ id }) => id),
      refusal?.projections ?? null,
    ]),
    holds: [...holds.keys()],
  };
}

const plan = (records: readonly PreparedRecord[], parked: string[] = [], rows = live(start)) =>
  shown(planLedger({ checkpoint: { position: start }, live: rows, parked: new Set(parked.map(numberOf)) }, records));
const all = (names: readonly string[], value: unknown) => Object.fromEntries(names.map((name) => [name, value]));

describe('what a batch does', () => {
  it('without anything parked or refused, everything to all', () => {
    expect(plan(prepared)).toEqual({ to: all(NAMES, bc.position), changes: all(NAMES, 3), letters: [], holds: [] });
  });

  it('parks the accounts of a record that a projection of accounts refuses; later parts of them queue, and projections of the ledger hold', () => {
    expect(plan(refuse(0, 'account_summary'))).toEqual({
      to: { ...all(OF_ACCOUNTS, bc.position), ...all(OF_LEDGER, start) },
      // Of the third record only the part of c.
      changes: { ...all(OF_ACCOUNTS, 2), ...all(OF_LEDGER, 0) },
      letters: [
        [ab.position, ['a', 'b'], ['account_summary']],
        [bc.position, ['b'], null],
      ],
      holds: OF_LEDGER,
    });
  });

  it('parks the accounts of one that can not be read', () => {
    expect(plan(refuse(1)).letters).toEqual([
      [cd.position, ['c', 'd'], []],
      [bc.position, ['c'], null],
    ]);
  });

  it('holds the one projection of the ledger that refuses a record, and says so once', () => {
    const records = refuse(1, 'trial_balance').map((record, i) =>
      i === 2 ? { ...record, refusal: { projections: ['trial_balance'], error: 'refused' } } : record,
    );
    const outcome = plan(records);
    expect(outcome.letters).toEqual([[cd.position, [], ['trial_balance']]]);
    expect(outcome.holds).toEqual(['trial_balance']);
    expect(outcome.to).toEqual({ ...all(NAMES, bc.position), trial_balance: ab.position });
  });

  it('queues what touches accounts that are parked already', () => {
    expect(plan(prepared, ['a'])).toMatchObject({ letters: [[ab.position, ['a'], null]], holds: [] });
    expect(plan(prepared, ['a', 'b', 'c', 'd']).changes).toEqual({ ...all(OF_ACCOUNTS, 0), ...all(OF_LEDGER, 3) });
  });

  it('leaves projections alone that do not go with the checkpoint', () => {
    const rows = live(start, { transactions: { heldReason: 'why' }, log_times: { position: 1n } });
    expect(Object.keys(plan(prepared, [], rows).to)).not.toEqual(expect.arrayContaining(['transactions']));
    expect(Object.keys(plan(prepared, [], rows).to)).not.toEqual(expect.arrayContaining(['log_times']));
    // One that is apart refuses nothing now.
    expect(plan(refuse(0, 'transactions'), [], rows).letters).toEqual([]);
  });
});

describe('what catches up next', () => {
  const projections: readonly Projection[] = PROJECTIONS;
  const BATCH = 500;
  const step = (rows: Map<string, LiveProjection>, refused: { position: bigint; projections: string[] }[] = []) => {
    const chosen = chooseStep(
      { position: 100n, live: rows, refused: refused.map((one) => ({ ...one, error: 'refused' })) },
      projections,
      BATCH,
    );
    return chosen === null ? null : { ...chosen, projections: chosen.projections.map(({ name }) => name) };
  };

  it('nothing, when all go with the checkpoint', () => {
    expect(step(live(100n))).toBeNull();
  });

  it('those furthest behind, to where the next ones stand', () => {
    const rows = live(100n, {
      transactions: { position: 10n },
      log_times: { position: 10n },
      trial_balance: { position: 40n, heldReason: 'slow' },
    });
    expect(step(rows)).toEqual({ from: 10n, to: 40n, projections: ['log_times', 'transactions'], joins: false });
  });

  it('one that holds at the checkpoint for nothing joins', () => {
    expect(step(live(100n, { transactions: { heldReason: 'why' } }))).toEqual({
      from: 100n,
      to: 100n,
      projections: ['transactions'],
      joins: true,
    });
  });

  it('projections of the ledger stop before a record whose accounts are parked; one that was refused by another projection is nothing to them', () => {
    const rows = live(100n, { transactions: { position: 10n, heldReason: 'why' } });
    expect(step(rows, [{ position: 50n, projections: ['account_summary'] }])).toMatchObject({ to: 49n, joins: false });
    expect(step(rows, [{ position: 50n, projections: [] }])).toMatchObject({ to: 49n });
    expect(step(rows, [{ position: 50n, projections: ['trial_balance'] }])).toMatchObject({ to: 100n, joins: true });
    expect(step(rows, [{ position: 11n, projections: ['transactions'] }])).toBeNull();
  });

  it('nothing joins that is further behind than a batch: the checkpoint would be held for the whole way', () => {
    const rows = live(100n, { transactions: { position: 10n, heldReason: 'why' } });
    const chosen = chooseStep({ position: 100n, live: rows, refused: [] }, projections, 50);
    expect(chosen).toMatchObject({ from: 10n, to: 100n, joins: false });
  });

  it('what a rebuild has taken whole does not stop anyone', () => {
    const rows = live(100n, { transactions: { position: 60n, wholeTo: 60n, heldReason: 'why' } });
    expect(step(rows, [{ position: 50n, projections: [] }])).toMatchObject({ from: 60n, to: 100n });
  });
});

describe('what is read of a record that can not be read', () => {
  const text = recordToJson(ab);

  it('its place and its accounts', () => {
    const marked = readMarks(text.replaceAll('"EntryPosted"', '"SomethingElse"').replace('"schema":1', '"schema":7'));
    expect(marked?.envelope).toMatchObject({ ledger: ledger.id, position: ab.position, hash: ab.hash, previousHash: ab.previousHash });
    expect(marked?.marks.map(({ id, type, movesMoney }) => [id, type, movesMoney])).toEqual([
      ['a', 'SomethingElse', true],
      ['b', 'SomethingElse', true],
    ]);
  });

  const changed = (change: (json: Record<string, unknown>) => void): string => {
    const json = JSON.parse(text) as Record<string, unknown>;
    change(json);
    return JSON.stringify(json);
  };
  it.each<[string, string]>([
    ['no JSON', '{'],
    ['null', 'null'],
    ['a list', '[]'],
    ['no position', changed((json) => delete json['position'])],
    ['a position that is none', changed((json) => (json['position'] = '-1'))],
    ['no hash', changed((json) => delete json['hash'])],
    ['no events', changed((json) => (json['events'] = []))],
    ['an event without an account', changed((json) => (json['events'] = [{ type: 'Unknown' }]))],
    ['an event of an account without a version', changed((json) => delete (json['events'] as Record<string, unknown>[])[0]?.['version'])],
    ['a time that is none', changed((json) => (json['recordedAt'] = 'yesterday'))],
    ['an account number that is none', changed((json) => ((json['events'] as Record<string, unknown>[])[0]!['accountNumber'] = 2 ** 40))],
  ])('nothing, when it has %s', (_name, broken) => {
    expect(readMarks(broken)).toBeNull();
  });
});
