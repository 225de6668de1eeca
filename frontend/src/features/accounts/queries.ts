import type { Account, LedgerFlow, RequestOf } from '@ledgerflow/client';
import { queryOptions, useQuery } from '@tanstack/react-query';
import { ledgerflow } from '../../api/client.ts';
import { keys, STALE_MS } from '../../api/keys.ts';

export interface ChoiceQuestion {
  ledger: string;
  /** '': the first ones by id. */
  words: string;
  currency: string | null;
  status?: 'open' | 'frozen' | 'closed';
  hasSystemAccounts: boolean;
}

export interface Choices {
  accounts: Account[];
  /** There are more than these. */
  hasMore: boolean;
}

const CHOICES = 20;

async function choicesOf(client: LedgerFlow, question: ChoiceQuestion, signal: AbortSignal): Promise<Choices> {
  const { ledger, words, currency, status, hasSystemAccounts } = question;
  const filters = { ledger, limit: CHOICES, ...(currency === null ? {} : { currency }), ...(status === undefined ? {} : { status }) };
  if (words !== '' && !(hasSystemAccounts && words.startsWith('@'))) {
    const { data, nextCursor, isSample } = (await client.answer('searchAccounts', { ...filters, q: words }, { signal })).data;
    return { accounts: data, hasMore: nextCursor !== null || isSample };
  }
  const request: RequestOf<'listAccounts'> = words === '' ? filters : { ...filters, prefix: words };
  const { data, nextCursor } = (await client.answer('listAccounts', request, { signal })).data;
  return { accounts: data, hasMore: nextCursor !== null };
}

/** Accounts to choose from; asked only while somebody chooses. */
export const useChoices = (question: ChoiceQuestion, isWanted: boolean) =>
  useQuery(
    queryOptions({
      queryKey: [...keys.all('searchAccounts', question.ledger), question, 'choices'] as const,
      queryFn: ({ signal }) => choicesOf(ledgerflow, question, signal),
      staleTime: STALE_MS.normal,
      enabled: isWanted,
    }),
  );
