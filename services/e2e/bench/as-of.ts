import { parseMicros } from '@ledgerflow/contracts';
import { ExecuteRequest } from '@ledgerflow/contracts/grpc';
import { AS_OF_ACCOUNTS, asOfAccount, Fold, type Move, plan, POSTINGS, type Share, SHARES, transaction } from './as-of-entries.ts';
import type { Bench } from './bench.ts';
import { commandOf, CURRENCY, hex, PRINCIPAL, recordsIn } from './commands.ts';
import { Random } from '../driver/index.ts';
import { caughtUp } from './whole.ts';
import { openAccount, post, type WriterClient } from './writer-client.ts';

/** Begins the name of the ledger. */
export const AS_OF_LEDGER = 'as-of';
/** Wide transactions in a list, and lists on their way at once. */
const LIST_SIZE = 10;
const LISTS = 4;
const RECORDED_AT = '"recordedAt":"';

/** One ledger whose measured accounts have the asked number of entries; what their balances were at any time. Made once in a run. */
export interface AsOfLedger {
  ledger: string;
  folds: ReadonlyMap<Share, Fold>;
  entries: number;
}

/** When a record was recorded: its first field of that name stands before anything that a client wrote. */
function recordedMicros(answer: Buffer, start: number): number {
  const at = answer.indexOf(RECORDED_AT, start) + RECORDED_AT.length;
  return Number(parseMicros(answer.toString('latin1', at, answer.indexOf('"', at))));
}

export function asOfLedger(bench: Bench): Promise<AsOfLedger> {
  return bench.once('as-of ledger', async () => {
    const deployment = await bench.whole();
    const [client] = (await bench.writerClients(deployment)) as [WriterClient];
    const entries = bench.options.asOfEntries;
    const ledger = bench.freshName(AS_OF_LEDGER);
    const startedMs = performance.now();
    await post(client, bench.numbers, ledger, [{ $case: 'openLedger', value: { currencies: [{ code: CURRENCY, scale: undefined }] } }]);
    await post(
      client,
      bench.numbers,
      ledger,
      AS_OF_ACCOUNTS.map((account) => openAccount(account, true)),
    );
    const moves = await write(bench, client, ledger, entries);
    const writtenMs = performance.now();
    await caughtUp(bench, deployment);
    bench.progress.say(
      `  ${entries.toLocaleString('en')} entries on each of ${SHARES.length} accounts for the as-of rows: ` +
        `written in ${((writtenMs - startedMs) / 1000).toFixed(1)} s, applied ${((performance.now() - writtenMs) / 1000).toFixed(1)} s later`,
    );
    return { ledger, entries, folds: new Map(SHARES.map((share) => [share, new Fold(moves.get(asOfAccount(share)) ?? [])])) };
  });
}

async function write(bench: Bench, client: WriterClient, ledger: string, entries: number): Promise<Map<string, Move[]>> {
  const plans = plan(entries, bench.options.seed);
  const random = new Random(bench.options.seed);
  const moves = new Map<string, Move[]>(AS_OF_ACCOUNTS.map((account) => [account, []]));
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < plans.length) {
      bench.signal.throwIfAborted();
      const some = plans.slice(next, next + LIST_SIZE);
      next += some.length;
      bench.progress.update(() => `as-of entries: ${((next / plans.length) * 100).toFixed(0)} % of ${plans.length * POSTINGS} postings`);
      const nowMicros = Date.now() * 1000;
      const made = some.map((one) => ({ ...one, ...transaction(one, random, nowMicros) }));
      const first = bench.numbers.take(made.length);
      const commands = made.map(({ body }, index) => commandOf(ledger, body, `bench-key-${hex(first + index)}`, hex(first + index)));
      const answer = await client.execute(Buffer.from(ExecuteRequest.encode({ principals: [PRINCIPAL], commands }).finish()));
      recordsIn(answer, made.length, (start, _end, index) => {
        const { from, to, moved, effectiveMicros } = made[index] as (typeof made)[number];
        const recorded = recordedMicros(answer, start);
        const at = { recordedMicros: recorded, effectiveMicros: effectiveMicros ?? recorded };
        moves.get(from)?.push({ ...at, cents: -moved });
        moves.get(to)?.push({ ...at, cents: moved });
      });
    }
  };
  await Promise.all(Array.from({ length: LISTS }, work));
  return moves;
}
