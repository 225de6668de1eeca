import { formatMicros } from '@ledgerflow/contracts';
import type { DeadLetter, DeadLetterRow } from '@ledgerflow/read-model';
import { Type } from 'typebox';
import type { Call } from '../../../contract/route.ts';
import { NullableText, Position, Time } from '../../../contract/schemas.ts';
import { Problem } from '../../../http/problem.ts';
import type { Services } from '../../../services.ts';
import { maySee } from '../grants.ts';

const NullableTime = Type.Unsafe<string | null>({ type: ['string', 'null'], description: 'RFC 3339' });

export const deadLetterProperties = {
  id: Type.String(),
  ledger: Type.String(),
  position: Position,
  state: Type.String({ description: 'refused by a projection, or queued behind an earlier record of one of its accounts' }),
  error: NullableText,
  projections: Type.Array(Type.String(), { description: 'Which refused it; none when it could not be read' }),
  accounts: Type.Array(Type.String(), { description: 'Accounts whose part is not applied, the first 10 (of one dead letter 100)' }),
  accountCount: Type.Integer(),
  recordBytes: Type.Integer(),
  parkedAt: Time,
  attempts: Type.Integer(),
  lastAttemptAt: NullableTime,
};

export function renderDeadLetter(row: DeadLetterRow): Record<string, unknown> {
  return {
    id: row.id.toString(),
    ledger: row.ledger,
    position: row.position.toString(),
    state: row.state,
    error: row.error,
    projections: row.projections,
    accounts: row.accounts,
    accountCount: row.accountCount,
    recordBytes: row.recordBytes,
    parkedAt: formatMicros(row.parkedAt),
    attempts: row.attempts,
    lastAttemptAt: row.lastAttemptAt === null ? null : formatMicros(row.lastAttemptAt),
  };
}

/** The dead letter in the path. One of a ledger that the caller has no grant for is not there. */
export async function deadLetterOf(call: Call, { operations }: Services): Promise<DeadLetter> {
  const id = call.params['deadLetter'] as string;
  const letter = await operations.getDeadLetter(BigInt(id));
  if (letter === null || !maySee(call, letter.ledger)) throw new Problem('dead_letter_not_found', { parameters: { deadLetter: id } });
  return letter;
}
