import type { SearchNode } from './client.ts';
import { NodeUnavailableError, reasonOf, type ErrorBody } from './errors.ts';

/** A stored document and what tells whether it was changed since it was read. */
export interface Stored<T> {
  source: T;
  seqNo: number;
  primaryTerm: number;
}

interface GetAnswer<T> {
  found?: boolean;
  _source?: T;
  _seq_no?: number;
  _primary_term?: number;
  error?: ErrorBody;
}

const IDS_PER_CALL_MAX = 1_000;
const PAGE_SIZE = 2_000;

/** By id, as they are now: what is acknowledged is read whether or not it was refreshed. In the order of the ids; null where there is none. */
export async function readDocuments<T>(node: SearchNode, wanted: readonly { index: string; id: string }[]): Promise<(Stored<T> | null)[]> {
  const found: (Stored<T> | null)[] = [];
  for (let at = 0; at < wanted.length; at += IDS_PER_CALL_MAX) {
    const docs = wanted.slice(at, at + IDS_PER_CALL_MAX).map(({ index, id }) => ({ _index: index, _id: id }));
    const answer = await node.call<{ docs: GetAnswer<T>[] }>('mget', { method: 'POST', path: '/_mget', body: { docs } });
    for (const doc of answer.docs) {
      // A missing document is an answer; a shard that is not there is none.
      if (doc.error !== undefined) throw new NodeUnavailableError(`mget: ${reasonOf(doc.error)}`, null);
      found.push(
        doc.found === true ? { source: doc._source as T, seqNo: doc._seq_no as number, primaryTerm: doc._primary_term as number } : null,
      );
    }
  }
  return found;
}

interface SearchAnswer<T> {
  timed_out: boolean;
  _shards: { failed: number };
  hits: { hits: { _source: T; sort: unknown[] }[] };
}

/** All refreshed documents that a query finds, in an order that is unique; pages of 2,000. Whoever writes meanwhile may be seen or not. */
export async function* scanDocuments<T>(
  node: SearchNode,
  index: string,
  { query, sort }: { query: object; sort: readonly string[] },
): AsyncGenerator<T[]> {
  let after: unknown[] | undefined;
  for (;;) {
    const body = { size: PAGE_SIZE, query, sort, track_total_hits: false, ...(after === undefined ? {} : { search_after: after }) };
    const answer: SearchAnswer<T> = await node.call('search', { method: 'POST', path: `/${index}/_search`, body });
    if (answer.timed_out || answer._shards.failed > 0) throw new NodeUnavailableError(`search: not all shards of ${index} answered`, null);
    const { hits } = answer.hits;
    if (hits.length > 0) yield hits.map(({ _source }) => _source);
    if (hits.length < PAGE_SIZE) return;
    after = hits[hits.length - 1]?.sort;
  }
}

export async function countDocuments(node: SearchNode, index: string, query: object): Promise<number> {
  const answer = await node.call<{ count: number; _shards: { failed: number } }>('count', {
    method: 'POST',
    path: `/${index}/_count`,
    body: { query },
  });
  if (answer._shards.failed > 0) throw new NodeUnavailableError(`count: not all shards of ${index} answered`, null);
  return answer.count;
}

/** What is acknowledged is found by searches from now on. */
export async function refresh(node: SearchNode, indices: readonly string[]): Promise<void> {
  await node.call('refresh', { method: 'POST', path: `/${indices.join(',')}/_refresh` });
}
