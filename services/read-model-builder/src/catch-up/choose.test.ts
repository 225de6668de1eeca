import { describe, expect, it } from '@jest/globals';
import { PROJECTIONS, type LiveProjection, type Projection } from '@ledgerflow/read-model/projections';
import { chooseStep, type RefusedLetter } from './choose.ts';

const [summary, statement, transactions, balance] = ['account_summary', 'account_statement', 'transactions', 'trial_balance'].map((name) =>
  PROJECTIONS.find((projection) => projection.name === name)!,
) as [Projection, Projection, Projection, Projection];
const ALL = [summary, statement, transactions, balance];
const BATCH = 100;
const CHECKPOINT = 1_000n;

const at = (projection: Projection, position: bigint, heldReason: string | null = 'too slow'): LiveProjection => ({
  ledger: 1,
  projection: projection.name,
  generation: 1,
  position,
  recordedAt: 0n,
  rows: 0,
  digest: 0n,
  wholeTo: 0n,
  heldReason,
});

/** The step as words; those that are not named stand at the checkpoint. */
function step(rows: readonly LiveProjection[], refused: readonly RefusedLetter[] = []): unknown {
  const live = new Map(ALL.map((projection) => [projection.name, at(projection, CHECKPOINT, null)]));
  for (const row of rows) live.set(row.projection, row);
  const chosen = chooseStep({ position: CHECKPOINT, live, refused }, ALL, BATCH);
  return chosen === null ? null : { ...chosen, projections: chosen.projections.map(({ name }) => name) };
}

describe('the next step of a catch-up', () => {
  it('is none when all go with the checkpoint', () => expect(step([])).toBeNull());

  it.each([
    [CHECKPOINT - BigInt(BATCH) - 1n, false],
    [CHECKPOINT - BigInt(BATCH), true],
    [CHECKPOINT, true],
  ])('from %d holds the checkpoint only when one batch brings it there: %s', (from, joins) =>
    expect(step([at(balance, from)])).toEqual({ from, to: CHECKPOINT, projections: ['trial_balance'], joins }),
  );

  it('takes those that are furthest behind, together, to where the next ones are', () => {
    const rows = [at(summary, 10n), at(statement, 10n), at(balance, 50n)];
    expect(step(rows)).toEqual({ from: 10n, to: 50n, projections: ['account_summary', 'account_statement'], joins: false });
  });

  it('ends before a record that is refused, and holds the checkpoint for no such batch', () => {
    const refused = [{ position: 990n, projections: ['trial_balance'], error: 'poison' }];
    expect(step([at(balance, 950n)], refused)).toEqual({ from: 950n, to: 989n, projections: ['trial_balance'], joins: false });
    expect(step([at(balance, 989n)], refused)).toBeNull();
    // What only another projection refuses is nothing to it.
    expect(step([at(transactions, 989n)], refused)).toMatchObject({ projections: ['transactions'], joins: true });
  });

  it('of a projection of the ledger ends before every record whose accounts are parked; one of accounts passes', () => {
    const refused = [{ position: 990n, projections: ['account_summary'], error: 'poison' }];
    expect(step([at(balance, 989n)], refused)).toBeNull();
    expect(step([at(statement, 989n)], refused)).toMatchObject({ projections: ['account_statement'], to: CHECKPOINT, joins: true });
  });
});
