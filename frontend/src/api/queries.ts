import type { Answer, AnswerableId, DataOf, OptionsOf, Page, RequestOf } from '@ledgerflow/client';
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { ledgerflow } from './client.ts';
import { keys, STALE_MS } from './keys.ts';

/** heldAt: there while a record waits for repair; the position that the answer stands for. */
export interface Kept {
  heldAt?: string;
}
const keptOf = <T>({ data, heldAt }: Answer<T>): T & Kept => ({ ...data, ...(heldAt === null ? {} : { heldAt }) });

/** One answer of an operation. */
export const answerOf = <K extends AnswerableId>(operation: K, request: RequestOf<K>, staleTime: number = STALE_MS.normal) =>
  queryOptions({
    queryKey: keys.of(operation, request),
    queryFn: async ({ signal }): Promise<DataOf<K> & Kept> =>
      keptOf<DataOf<K>>(await ledgerflow.answer(operation, request, { signal } as OptionsOf<K>)),
    staleTime,
  });

/** The record at a position of a ledger's log. It never changes. */
export const recordAt = (ledger: string, position: string) =>
  answerOf('listEvents', { ledger, after: String(BigInt(position) - 1n), limit: 1 }, STALE_MS.past);

type ItemOf<K extends AnswerableId> = DataOf<K> extends { data: (infer T)[] } ? T : never;
export type PageOf<K extends AnswerableId> = Extract<DataOf<K>, Page> & { data: ItemOf<K>[] } & Kept;

/** A list page by page; `request` without its cursor. */
export const pagesOf = <K extends AnswerableId>(operation: K, request: RequestOf<K>, staleTime: number = STALE_MS.normal) =>
  infiniteQueryOptions({
    queryKey: [...keys.of(operation, request), 'pages'] as const,
    queryFn: async ({ pageParam, signal }): Promise<PageOf<K>> => {
      const page = pageParam === null ? request : { ...request, cursor: pageParam };
      return keptOf(await ledgerflow.answer(operation, page, { signal } as OptionsOf<K>)) as PageOf<K>;
    },
    initialPageParam: null as string | null,
    getNextPageParam: ({ nextCursor }) => nextCursor,
    staleTime,
  });
