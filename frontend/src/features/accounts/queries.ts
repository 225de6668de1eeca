import type { Account, LedgerFlow, RequestOf } from '@ledgerflow/client';
import { queryOptions, useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useMemo, useRef, useState } from 'react';
import { isId } from '../../api/id.ts';
import { ledgerflow } from '../../api/client.ts';
import { keys, STALE_MS } from '../../api/keys.ts';
import { answerOf, pagesOf } from '../../api/queries.ts';
import { moreOf } from '../../ui/table/pages.ts';

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

async function choicesOf(client: LedgerFlow, question: ChoiceQuestion, signal?: AbortSignal): Promise<Choices> {
  const options = signal === undefined ? {} : { signal };
  const { ledger, words, currency, status, hasSystemAccounts } = question;
  const filters = { ledger, limit: CHOICES, ...(currency === null ? {} : { currency }), ...(status === undefined ? {} : { status }) };
  if (words !== '' && !(hasSystemAccounts && words.startsWith('@'))) {
    const { data, nextCursor, isSample } = (await client.answer('searchAccounts', { ...filters, q: words }, options)).data;
    return { accounts: data, hasMore: nextCursor !== null || isSample };
  }
  const request: RequestOf<'listAccounts'> = words === '' ? filters : { ...filters, prefix: words };
  const { data, nextCursor } = (await client.answer('listAccounts', request, options)).data;
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

/** Whether an account is among those that a question is for. */
const isAsked = ({ id, currency, status }: Account, question: ChoiceQuestion, without: string | null): boolean =>
  id !== without &&
  (question.currency === null || currency === question.currency) &&
  (question.status === undefined || status === question.status) &&
  (question.hasSystemAccounts || !id.startsWith('@'));

/** The account whose id the words are; where there is none, the only one that they find. One that may not be chosen is not another one. */
export async function namedOf(question: ChoiceQuestion, without: string | null): Promise<Account | null> {
  const { ledger, words } = question;
  if (isId(words)) {
    // The first one by id that begins so; an account that is not there is no error here.
    const [first] = (await ledgerflow.answer('listAccounts', { ledger, prefix: words, limit: 1 })).data.data;
    if (first?.id === words) return isAsked(first, question, without) ? first : null;
  }
  const { accounts, hasMore } = await choicesOf(ledgerflow, question);
  const [only, ...others] = accounts.filter(({ id }) => id !== without);
  return only === undefined || others.length > 0 || hasMore ? null : only;
}

/** An account as it is now, looked at again as long as it is shown. */
const LOOK_MS = 15_000;
export const useAccount = (ledger: string, account: string) =>
  useQuery({ ...answerOf('getAccount', { ledger, account }), refetchInterval: LOOK_MS });

/** For the answer of a command on an account: it counts at once, and all of the ledger is asked for again, for which nobody waits. */
export function useChanged(ledger: string): (answer: Account) => void {
  const client = useQueryClient();
  return (answer) => {
    const { queryKey } = answerOf('getAccount', { ledger, account: answer.id });
    client.setQueryData(queryKey, (before) => (before === undefined ? undefined : { ...before, ...answer }));
    void client.invalidateQueries({ queryKey: keys.ledger(ledger) });
  };
}

/** Pages that are asked for again when a list is looked at again. Of a longer one only the first: 100,000 accounts are a hundred pages. */
const PAGES_KEPT = 3;

const LISTS_OF_ACCOUNT = ['listEntries', 'listAccountEvents'] as const;

/** Lists of an account's entries and records follow its version. Long ones are only marked as old: they are not asked for again while they are read. */
export function useFollow(ledger: string, { id, version }: Account): void {
  const client = useQueryClient();
  const seen = useRef(version);
  useEffect(() => {
    if (seen.current === version) return;
    seen.current = version;
    for (const operation of LISTS_OF_ACCOUNT) {
      const lists = client
        .getQueryCache()
        .findAll({ queryKey: keys.all(operation, ledger) })
        .filter(({ queryKey: [, , request, kind] }) => kind === 'pages' && (request as { account?: string }).account === id);
      for (const { queryKey, state } of lists) {
        const pages = (state.data as { pages: unknown[] } | undefined)?.pages.length ?? 0;
        const refetchType = pages > PAGES_KEPT ? 'none' : 'active';
        void client.invalidateQueries({ queryKey, exact: true, refetchType });
      }
    }
  }, [client, ledger, id, version]);
}

/** All rows of a list so far. What was loaded of a long list is given up when it is old, instead of asking for all of it again. */
export function useRows<K extends 'listAccounts' | 'searchAccounts' | 'listEntries' | 'listAccountEvents'>(
  operation: K,
  request: RequestOf<K>,
) {
  const client = useQueryClient();
  const options = pagesOf(operation, request, STALE_MS.slow);
  useState(() => {
    const state = client.getQueryState<{ pages: unknown[] }>(options.queryKey);
    const isOld = state?.isInvalidated === true || Date.now() - (state?.dataUpdatedAt ?? 0) > STALE_MS.slow;
    if (isOld && (state?.data?.pages.length ?? 0) > PAGES_KEPT) client.removeQueries({ queryKey: options.queryKey, exact: true });
  });
  const query = useInfiniteQuery({ ...options, refetchOnWindowFocus: false, refetchOnReconnect: false });
  const { data, hasNextPage } = query;
  const rows = useMemo(() => data?.pages.flatMap((page) => page.data) ?? [], [data]);
  return {
    query,
    rows,
    pages: data?.pages ?? [],
    hasMore: hasNextPage,
    table: { rows, ...moreOf(query) },
  };
}
