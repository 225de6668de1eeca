import { POSTINGS_PER_TRANSACTION_MAX } from '@ledgerflow/contracts';
import { Type, type Static } from 'typebox';
import type { PostTransaction } from '@ledgerflow/contracts/grpc';
import { expectedVersionsOf, termsOf } from '../../commands/terms.ts';
import { ExpectedVersions, Posting, termsProperties } from '../../contract/schemas.ts';
import { body } from '../../contract/schemas.ts';

/** What a transaction is made of, alone or in a batch. */
export const transactionProperties = {
  postings: Type.Array(Posting, { minItems: 1, maxItems: POSTINGS_PER_TRANSACTION_MAX }),
  ...termsProperties,
  expectedVersions: Type.Optional(ExpectedVersions),
};

export const TransactionBody = body(transactionProperties);

export function postTransactionOf({ postings, expectedVersions, ...terms }: Static<typeof TransactionBody>): PostTransaction {
  return { postings, terms: termsOf(terms), expectedVersions: expectedVersionsOf(expectedVersions) };
}
