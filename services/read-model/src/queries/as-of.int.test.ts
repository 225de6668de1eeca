import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { isAccountEvent, type AccountEvent, type LedgerRecord, type Micros } from '@ledgerflow/contracts';
import fc from 'fast-check';
import { load, startReadServer, TestLedger, type ReadDatabase, type ReadServer } from '../testing/index.ts';
import { getAccountAsOf } from './account-as-of.ts';
import { getBalanceAsOf, getBalancesAsOf } from './balance-as-of.ts';
import { trialBalanceAsOf } from './trial-balance.ts';

let server: ReadServer;
let db: ReadDatabase;
let ledgers = 0;

beforeAll(async () => {
  server = await startReadServer();
  db = await server.create();
});
afterAll(() => server.stop());

const ACCOUNTS = ['a', 'b', 'c', 'd'];
const WINDOW = 30;

type Step =
  | { kind: 'move'; from: number; to: number; amount: bigint; lead: number; legs: number }
  | { kind: 'freeze' | 'unfreeze' | 'rename'; account: number };

const account = fc.nat(ACCOUNTS.length - 1);
const move = fc.record({
  kind: fc.constant('move' as const),
  from: account,
  to: account,
  amount: fc.bigInt(1n, 10n ** 30n),
  // In steps of the log's clock: most take effect when recorded, some before, some after.
  lead: fc.oneof(fc.constant(0), fc.integer({ min: -WINDOW, max: -1 }), fc.integer({ min: 1, max: 3 })),
  legs: fc.integer({ min: 1, max: 3 }),
});
const terms = fc.record({ kind: fc.constantFrom('freeze' as const, 'unfreeze' as const, 'rename' as const), account });
/** account, position, record whose times are asked for, which of them, and whether just before it: the bounds are there. */
const question = fc.tuple(
  account,
  fc.nat(60),
  fc.nat(60),
  fc.constantFrom('recordedAt' as const, 'effectiveAt' as const),
  fc.constantFrom(0n, -1n),
);
const steps = fc.array(fc.oneof({ weight: 5, arbitrary: move }, { weight: 1, arbitrary: terms }), { maxLength: 40 });

function play(ledger: TestLedger, all: readonly Step[]): void {
  for (const step of all) {
    if (step.kind === 'move') {
      const from = ACCOUNTS[step.from] as string;
      const to = ACCOUNTS[step.to === step.from ? (step.to + 1) % ACCOUNTS.length : step.to] as string;
      const postings = Array.from({ length: step.legs }, (_, leg) =>
        leg % 2 === 0 ? { from, to, amount: step.amount } : { from: to, to: from, amount: 1n },
      );
      const effectiveAfterMicros = BigInt(step.lead) * ledger.stepMicros;
      ledger.post(step.legs === 1 ? 'FundsTransferred' : 'TransactionPosted', [{ postings, effectiveAfterMicros }]);
    } else if (step.kind === 'rename')
      ledger.setTerms(ACCOUNTS[step.account] as string, 'MetadataChanged', {}, { name: `name ${ledger.position}` });
    else if (step.kind === 'freeze')
      ledger.setTerms(ACCOUNTS[step.account] as string, 'AccountFrozen', { status: 'frozen', freezeScope: 'debits' });
    else ledger.setTerms(ACCOUNTS[step.account] as string, 'AccountUnfrozen', { status: 'open', freezeScope: null });
  }
}

interface Seen {
  event: AccountEvent;
  record: LedgerRecord;
}

/** What the queries must answer, by reading the whole log. */
function eventsOf(ledger: TestLedger, id: string, position: bigint): Seen[] {
  return ledger.records
    .filter((record) => record.position <= position)
    .flatMap((record) => record.events.flatMap((event) => (isAccountEvent(event) && event.account === id ? [{ event, record }] : [])));
}

function effectiveBalance(events: readonly Seen[], effectiveAt: Micros): bigint {
  return events.reduce((sum, { event, record }) => {
    const counts = event.type === 'EntryPosted' && (record.transactions[event.transaction]?.effectiveAt as bigint) <= effectiveAt;
    return counts && event.type === 'EntryPosted' ? sum + event.amount : sum;
  }, 0n);
}

describe('state as of a position and an effective time', () => {
  it('equals a fold over the log, on both axes at once', async () => {
    const property = fc.asyncProperty(steps, fc.array(question, { minLength: 12, maxLength: 12 }), async (all, questions) => {
      const ledger = new TestLedger(`as-of-${++ledgers}`, ledgers);
      for (const id of ACCOUNTS) ledger.open(id, { details: { name: `first ${id}` } });
      play(ledger, all);
      const cut = Math.ceil(ledger.records.length / 2);
      await load(db.builder, ledger.records.slice(0, cut));
      if (cut < ledger.records.length) await load(db.builder, ledger.records.slice(cut));
      for (const [which, at, of, time, off] of questions) {
        const id = ACCOUNTS[which] as string;
        const position = BigInt(Math.min(at, ledger.records.length));
        const effectiveAt = (ledger.records[of % ledger.records.length] as LedgerRecord)[time] + off;
        const events = eventsOf(ledger, id, position);
        const last = events[events.length - 1];
        const recorded = await getBalanceAsOf(db.gateway, ledger.id, id, { position });
        const effective = await getBalanceAsOf(db.gateway, ledger.id, id, { position, effectiveAt });
        const state = await getAccountAsOf(db.gateway, ledger.id, id, position);
        expect(recorded?.checkpoint.position).toBe(ledger.position);
        if (last === undefined) {
          expect([recorded?.value, effective?.value, state?.value]).toEqual([null, null, null]);
          continue;
        }
        expect(recorded?.value).toMatchObject({
          account: id,
          currency: 'USD',
          scale: 2,
          posted: last.event.postedAfter,
          held: 0n,
          version: last.event.version,
        });
        expect(effective?.value).toMatchObject({ posted: effectiveBalance(events, effectiveAt), held: 0n, version: last.event.version });
        const lastTerms = events.findLast(({ event }) => event.type !== 'EntryPosted')?.event;
        const lastName = events.findLast(
          ({ event, record }) => event.type === 'AccountOpened' || (event.type === 'MetadataChanged' && record.details.length > 0),
        )?.record;
        expect(state?.value).toMatchObject({
          posted: last.event.postedAfter,
          version: last.event.version,
          name: lastName?.details[0]?.body?.name,
          updatedAt: last.record.recordedAt,
        });
        expect(state?.value?.status).toBe(lastTerms !== undefined && lastTerms.type !== 'EntryPosted' ? lastTerms.data.status : '');
      }
      const middle = BigInt(cut);
      const trial = await trialBalanceAsOf(db.gateway, ledger.id, middle);
      const balances = ACCOUNTS.map((id) => eventsOf(ledger, id, middle).at(-1)?.event.postedAfter ?? 0n);
      const credits = balances.reduce((sum, balance) => (balance > 0n ? sum + balance : sum), 0n);
      expect(trial?.value).toMatchObject({ position: middle, balanced: true });
      expect(trial?.value.totals.find(({ currency }) => currency === 'USD')).toMatchObject({ debits: credits, credits });
    });
    // A failure prints its seed and path; give them back here to see it again.
    await fc.assert(property, { numRuns: 25 });
  });

  it('equals a fold over the log with hundreds of corrections, in batches of any cut, in one statement', async () => {
    const leads = fc.array(
      fc.oneof({ weight: 1, arbitrary: fc.constant(0) }, { weight: 4, arbitrary: fc.integer({ min: -400, max: 3 }) }),
      {
        minLength: 200,
        maxLength: 700,
        size: 'max',
      },
    );
    const cuts = fc.array(fc.integer({ min: 1, max: 150 }), { minLength: 1, maxLength: 8 });
    const asked = fc.array(fc.tuple(fc.nat(700), fc.nat(700)), { minLength: 40, maxLength: 40 });
    const property = fc.asyncProperty(leads, cuts, asked, async (all, sizes, questions) => {
      const ledger = new TestLedger(`as-of-${++ledgers}`, ledgers);
      for (const id of ['a', 'b']) ledger.open(id);
      for (const lead of all) ledger.transfer('a', 'b', BigInt(1 + (lead & 7)), { effectiveAfterMicros: BigInt(lead) * ledger.stepMicros });
      for (let at = 0, turn = 0; at < ledger.records.length; turn++) {
        const size = sizes[turn % sizes.length] as number;
        await load(db.builder, ledger.records.slice(at, at + size));
        at += size;
      }
      const recordAt = (index: number) => ledger.records[index % ledger.records.length] as LedgerRecord;
      const both = questions.map(([at, of]) => ({ at: recordAt(at), effectiveAt: recordAt(of).effectiveAt }));
      const question = { ledger: ledger.id, account: 'b' };
      const effective = await getBalancesAsOf(
        db.gateway,
        both.map(({ at, effectiveAt }) => ({ ...question, place: { position: at.position }, effectiveAt })),
      );
      const recorded = await getBalancesAsOf(
        db.gateway,
        both.map(({ at }, i) => ({
          ...question,
          place: { recordedAt: at.recordedAt + (i % 2 === 0 ? 0n : ledger.stepMicros / 2n) },
          effectiveAt: null,
        })),
      );
      const present = await getBalancesAsOf(
        db.gateway,
        both.map(({ effectiveAt }) => ({ ...question, place: null, effectiveAt })),
      );
      const everything = eventsOf(ledger, 'b', ledger.position);
      both.forEach(({ at, effectiveAt }, i) => {
        expect(present[i]?.value).toMatchObject({
          position: ledger.position,
          balance: { posted: effectiveBalance(everything, effectiveAt), version: everything.at(-1)?.event.version },
        });
        const events = eventsOf(ledger, 'b', at.position);
        const last = events.at(-1);
        expect(effective[i]?.value.balance?.posted).toBe(last === undefined ? undefined : effectiveBalance(events, effectiveAt));
        const isBeyond = at.position === ledger.position && i % 2 === 1;
        expect(recorded[i]?.value.position).toBe(isBeyond ? null : at.position);
        expect(recorded[i]?.value.balance?.posted).toBe(isBeyond ? undefined : last?.event.postedAfter);
      });
    });
    await fc.assert(property, { numRuns: 6 });
  }, 60_000);

  it('knows nothing of other ledgers and accounts', async () => {
    expect(await getBalanceAsOf(db.gateway, 'nowhere', 'a', { position: 1n })).toBeNull();
    const ledger = new TestLedger(`as-of-${++ledgers}`, ledgers);
    await load(db.builder, ledger.records);
    expect((await getBalanceAsOf(db.gateway, ledger.id, 'a', { position: 1n }))?.value).toBeNull();
  });
});
