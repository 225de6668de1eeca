import type { Command } from '@ledgerflow/contracts/grpc';

/** A posting is about seventy bytes in a command, and two entries with their balances in the record's JSON text. */
const POSTING_BYTES = 700;

function countPostings({ body }: Command): number {
  if (body?.$case === 'postTransaction') return body.value.postings.length;
  if (body?.$case === 'postBatch') return body.value.transactions.reduce((sum, { postings }) => sum + postings.length, 0);
  return 1;
}

/** About how many bytes a command and its record take while its batch is committed: the larger of the request and what its postings become. */
export const weigh = (command: Command, bytes: number): number => Math.max(bytes, countPostings(command) * POSTING_BYTES);
