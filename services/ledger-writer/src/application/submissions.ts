import { randomBytes } from 'node:crypto';
import type { Command, Principal } from '@ledgerflow/contracts/grpc';
import { API_ROUTE_CLASS, fingerprint, storedKey } from '../domain/fingerprint.ts';
import type { Submission } from '../domain/state.ts';

const SALT_BYTES = 16;
const SALT_DIGITS = SALT_BYTES * 2;
/** Drawn at once: asking the system for each salt took a tenth of the writer's time. */
const POOL_SALTS = 512;

let pool = '';
let drawn = 0;

/** 16 random bytes as hex digits; none is given out twice. */
function drawSalt(): string {
  if (drawn === pool.length) {
    pool = randomBytes(SALT_BYTES * POOL_SALTS).toString('hex');
    drawn = 0;
  }
  drawn += SALT_DIGITS;
  return pool.slice(drawn - SALT_DIGITS, drawn);
}

/** A salt for the details of each transaction the command may have. */
function drawSalts({ body }: Command): string[] {
  const count = body?.$case === 'postBatch' ? body.value.transactions.length : 1;
  const salts: string[] = [];
  while (salts.length < count) salts.push(drawSalt());
  return salts;
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
