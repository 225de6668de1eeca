import { randomBytes } from 'node:crypto';
import type { Command, Principal } from '@ledgerflow/contracts/grpc';
import { API_ROUTE_CLASS, fingerprint, storedKey } from '../domain/fingerprint.ts';
import type { Submission } from '../domain/state.ts';

const SALT_BYTES = 16;
const SALT_DIGITS = SALT_BYTES * 2;

/** A salt for the details of each transaction the command may have. */
function drawSalts(command: Command): string[] {
  const count = command.body?.$case === 'postBatch' ? command.body.value.transactions.length : 1;
  const digits = randomBytes(SALT_BYTES * count).toString('hex');
  return Array.from({ length: count }, (_, index) => digits.slice(index * SALT_DIGITS, (index + 1) * SALT_DIGITS));
}

/** A checked command as the domain takes it. */
export function submissionOf(command: Command, principal: Principal): Submission {
  return {
    command,
    actor: principal.id,
    key: storedKey(API_ROUTE_CLASS, principal.id, command.idempotencyKey),
    fingerprint: fingerprint(command),
    salts: drawSalts(command),
  };
}
