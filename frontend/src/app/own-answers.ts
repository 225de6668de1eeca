import type { QueryClient, QueryFilters, QueryKey } from '@tanstack/react-query';
import type { Me } from '../api/access.ts';
import { me } from '../api/session.ts';

const isMe = ({ queryKey }: { queryKey: QueryKey }): boolean => queryKey[1] === me.queryKey[1];
const others: QueryFilters = { predicate: (query) => !isMe(query) };
const accessOf = ({ roles, ledgers }: Me): string => JSON.stringify([roles, ledgers]);

/**
 * To be told of each answer. Who is signed in may become another one in any tab: of what was answered before that nothing stays, and it is gone before anything is drawn for them. To
 * those of whom only roles or grants changed, what they see is answered anew.
 */
export function ownAnswers(client: () => QueryClient): (data: unknown, query: { queryKey: QueryKey }) => void {
  let before: Me | null = null;
  return (data, query) => {
    if (!isMe(query)) return;
    const now = data as Me;
    if (before !== null && before.id !== now.id) client().removeQueries(others);
    else if (before !== null && accessOf(before) !== accessOf(now)) void client().resetQueries(others);
    before = now;
  };
}
