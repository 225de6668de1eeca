import { formatMicros, parseMicros, type Micros } from '@ledgerflow/contracts';
import type { BalanceRow, CheckpointPlace } from '@ledgerflow/read-model';
import type { Call } from '../contract/route.ts';
import { Problem } from '../http/problem.ts';
import type { AsOf } from './as-of.ts';
import { going, held, whole } from './parked.ts';
import type { Reads } from './reads.ts';

/** The balance effective at a time as it is known now. Throws projection_parked where a projection holds before the account's beginning: nobody is told that it is not there. */
export async function effectiveBalance(
  reads: Reads,
  call: Call,
  account: string,
  effectiveAt: Micros,
): Promise<{ value: BalanceRow | null; checkpoint: CheckpointPlace }> {
  const { checkpoint, value } = await reads.now(call, (ledger, model) =>
    model.getPastBalance({ ledger, account, place: null, effectiveAt }),
  );
  if (value.balance === null && checkpoint.position < checkpoint.appliedPosition) throw held(checkpoint);
  return { value: value.balance, checkpoint };
}

/**
 * A balance as recorded at a time. A time that the read side has applied is resolved there, in the statement that reads the balance: the order of times is that of
 * positions, so what it says is final. Only later times, and a writer's epoch that is not known for the moment, are asked of the writer.
 */
export async function recordedBalance(
  reads: Reads,
  call: Call,
  account: string,
  at: string,
  effectiveAt: Micros | null,
): Promise<{ value: BalanceRow | null; asOf: AsOf }> {
  const ledger = call.params['ledger'] as string;
  const recordedAt = parseMicros(at) as Micros;
  const epoch = reads.epochs.of(ledger);
  if (epoch !== null) {
    const token = reads.token(call);
    if (token !== null && token.epoch < epoch) throw new Problem('epoch_superseded');
    // A token of a later epoch is the sign of a restore that this process has not heard of.
    const isCurrent = token === null || token.epoch === epoch;
    const seen = isCurrent ? going(await reads.model.getPastBalance({ ledger, account, place: { recordedAt }, effectiveAt })) : null;
    const position = seen?.value.position ?? null;
    if (seen !== null && position !== null && seen.checkpoint.epoch === epoch && position <= seen.checkpoint.position) {
      whole(seen, position);
      return { value: seen.value.balance, asOf: { asOf: formatMicros(recordedAt), asOfPosition: position.toString() } };
    }
  }
  const { value, asOf } = await reads.at(call, at, (position, model) =>
    model.getPastBalance({ ledger, account, place: { position }, effectiveAt }),
  );
  return { value: value.balance, asOf };
}
