import type { WriteOperation } from '../node/bulk.ts';

/** A document that the node refused: what, why, and the document itself, so that it can be put in again when the reason is gone. */
export interface DeadLetter {
  ledger: string;
  kind: 'accounts' | 'transactions';
  documentId: string;
  position: string;
  reason: string;
  /** Nothing of the document is indexed; else only its details are missing. */
  isWhole: boolean;
  /** JSON; null when it is too large to be kept, or when its details were erased. */
  document: string | null;
  parkedAt: string;
}

/** A document larger than this is not kept with its dead letter; the log has it. */
const DOCUMENT_CHARS_MAX = 1024 * 1024;

export const deadLetterId = ({ kind, documentId, position }: Pick<DeadLetter, 'kind' | 'documentId' | 'position'>): string =>
  `${kind}/${documentId}/${position}`;

export function deadLetterOperation(alias: string, letter: DeadLetter): WriteOperation {
  const document = letter.document !== null && letter.document.length > DOCUMENT_CHARS_MAX ? null : letter.document;
  return { alias, id: deadLetterId(letter), condition: { type: 'any' }, document: JSON.stringify({ ...letter, document }) };
}
