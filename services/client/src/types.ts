import type { operations } from './generated/api.ts';
import type { Listing } from './listing.ts';
import type { CallOptions, CommandOptions, ExportOptions, StreamOptions, VersionedOptions } from './options.ts';

export type OperationId = keyof operations;

type Present<T> = [NonNullable<T>] extends [never] ? object : NonNullable<T>;
type ParametersOf<K extends OperationId> = operations[K]['parameters'];
type PathOf<K extends OperationId> = ParametersOf<K> extends { path: infer P } ? P : object;
type QueryOf<K extends OperationId> = ParametersOf<K> extends { query?: infer Q } ? Present<Q> : object;

/** The JSON body of an operation; undefined for one without. */
export type BodyOf<K extends OperationId> = operations[K] extends { requestBody: { content: { 'application/json': infer B } } }
  ? B
  : undefined;

/** Parameters of path and query side by side, and the body under `body`. */
export type RequestOf<K extends OperationId> = PathOf<K> &
  QueryOf<K> &
  ([BodyOf<K>] extends [undefined] ? { body?: undefined } : { body: BodyOf<K> });

type ContentOf<K extends OperationId, Status extends number, Media extends string> = operations[K]['responses'] extends {
  [S in Status]: { content: { [M in Media]: infer T } };
}
  ? T
  : never;

/** What a success answers. */
export type DataOf<K extends OperationId> =
  ContentOf<K, 200, 'application/json'> | ContentOf<K, 201, 'application/json'> | ContentOf<K, 202, 'application/json'>;

type HeaderNameOf<K extends OperationId> = ParametersOf<K> extends { header?: infer H } ? keyof Present<H> : never;

export type OptionsOf<K extends OperationId> =
  'If-Match' extends HeaderNameOf<K> ? VersionedOptions : 'Idempotency-Key' extends HeaderNameOf<K> ? CommandOptions : CallOptions;

/** `request` may be left out when nothing in it is needed. */
type Arguments<R, O> = object extends R ? [request?: R, options?: O] : [request: R, options?: O];

type IsStream<K extends OperationId> = [ContentOf<K, 200, 'text/event-stream'>] extends [never] ? false : true;
type LineOf<K extends OperationId> = ContentOf<K, 200, 'application/x-ndjson'>;
type IsNdjson<K extends OperationId> = [LineOf<K>] extends [never] ? false : true;
type IsList<K extends OperationId> = 'cursor' extends keyof QueryOf<K> ? true : false;

/** Operations that have one answer. */
export type AnswerableId = {
  [K in OperationId]: IsStream<K> extends true ? never : IsNdjson<K> extends true ? never : K;
}[OperationId];

/** How an operation is called: a list gives a Listing, a stream and NDJSON an iterator, anything else a promise of its answer. */
export type Method<K extends OperationId> =
  IsStream<K> extends true
    ? (...args: Arguments<RequestOf<K>, StreamOptions>) => AsyncGenerator<LedgerRecord, void, undefined>
    : IsNdjson<K> extends true
      ? (...args: Arguments<RequestOf<K>, ExportOptions>) => AsyncGenerator<LineOf<K>, void, undefined>
      : IsList<K> extends true
        ? (...args: Arguments<RequestOf<K>, CallOptions>) => Listing<Extract<DataOf<K>, Page>>
        : (...args: Arguments<RequestOf<K>, OptionsOf<K>>) => Promise<DataOf<K>>;

export interface Page {
  data: unknown[];
  nextCursor: string | null;
}

export type Api = { [K in OperationId]: Method<K> };

/** One record of a ledger's log, as the feed and the stream carry it. */
export type LedgerRecord = DataOf<'listEvents'>['data'][number];
export type Account = DataOf<'getAccount'>;
export type Balance = DataOf<'getBalance'>;
export type Ledger = DataOf<'getLedger'>;
export type Movement = DataOf<'createTransfer'>;
export type Transaction = DataOf<'getTransaction'>;
export type Entry = DataOf<'listEntries'>['data'][number];
