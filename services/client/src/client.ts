import { type Answer, Calls } from './calls.ts';
import { ConsistencyTokens } from './consistency.ts';
import { EventStream } from './events.ts';
import { OPERATIONS } from './generated/operations.ts';
import { linesOf } from './ndjson.ts';
import { Listing } from './listing.ts';
import type { CallOptions, ClientOptions, ExportOptions, StreamOptions, VersionedOptions } from './options.ts';
import { operationOf, type RequestValues } from './request.ts';
import { Transport } from './transport.ts';
import type { AnswerableId, Api, DataOf, OperationId, OptionsOf, Page, RequestOf } from './types.ts';

export interface LedgerFlow extends Api {
  /** An operation by its name, with what the headers of its answer say. */
  answer<K extends AnswerableId>(operation: K, request: RequestOf<K>, options?: OptionsOf<K>): Promise<Answer<DataOf<K>>>;
  /** What the client knows of its own writes: to be handed to another process, or to take over what that one wrote. */
  readonly consistency: Pick<ConsistencyTokens, 'get' | 'set' | 'forget'>;
}

/** A caller of the HTTP API: one method an operation, named as in its OpenAPI document. It holds no connection and needs no closing. */
export function createLedgerFlow(options: ClientOptions): LedgerFlow {
  const tokens = new ConsistencyTokens();
  const transport = new Transport(options, tokens);
  const calls = new Calls(transport, options);

  const listing = (id: OperationId, values: RequestValues, callOptions: CallOptions): Listing<Page> =>
    new Listing(async (cursor) => {
      const { data } = await calls.answer<Page>(id, cursor === undefined ? values : { ...values, cursor }, callOptions);
      return data;
    });

  const methodOf = (id: OperationId) => {
    const { isList, isStream, isNdjson } = operationOf(id);
    if (isStream === true)
      return (values: RequestValues, streamOptions: StreamOptions = {}) => new EventStream(transport, values, streamOptions).records();
    if (isNdjson === true)
      return (values: RequestValues = {}, exportOptions: ExportOptions = {}) => linesOf(transport, id, values, exportOptions);
    if (isList === true) return (values: RequestValues = {}, callOptions: CallOptions = {}) => listing(id, values, callOptions);
    return async (values: RequestValues = {}, callOptions: VersionedOptions = {}) => (await calls.answer(id, values, callOptions)).data;
  };

  const methods = Object.fromEntries((Object.keys(OPERATIONS) as OperationId[]).map((id) => [id, methodOf(id)])) as unknown as Api;
  return {
    ...methods,
    answer: <K extends AnswerableId>(id: K, values: RequestOf<K>, callOptions: VersionedOptions = {}) =>
      calls.answer<DataOf<K>>(id, values as RequestValues, callOptions),
    consistency: tokens,
  };
}
