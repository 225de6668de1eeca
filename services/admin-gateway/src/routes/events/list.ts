import { type LedgerRecord, recordFromJson } from '@ledgerflow/contracts';
import { Type } from 'typebox';
import { route } from '../../contract/route.ts';
import { AfterPosition, list, pageProperties, query, Record } from '../../contract/schemas.ts';
import { filterProperties, matches } from '../../events/filter.ts';
import { checkSeen } from '../../reads/consistency.ts';
import { renderRecord } from '../../rendering/record.ts';
import { pagingByNumber } from '../pages.ts';

/** Records that one page may look at; a page of a rare filter can be short or empty and still have a cursor. */
const SCANNED_MAX = 5_000;
const READ_MAX = 1_000;
/** Of the records in a page, and of those that it may look at; one record may be larger. */
const PAGE_CHARACTERS_MAX = 4 * 1024 * 1024;
const SCANNED_CHARACTERS_MAX = 32 * 1024 * 1024;

export const listEvents = route({
  id: 'listEvents',
  method: 'GET',
  path: '/ledgers/{ledger}/events',
  tag: 'Events',
  summary: "The ledger's records in order, straight from the log; type names a record or one of its events",
  query: query({
    ...pageProperties,
    after: Type.Optional(AfterPosition),
    ...filterProperties,
  }),
  answers: { 200: list(Record) },
  access: { role: 'viewer', ledger: 'path' },
  handle: async (call, services) => {
    const ledger = call.params['ledger'] as string;
    const paging = pagingByNumber(call, services, 'listEvents');
    const { limit } = paging.request;
    const end = await services.events.head(ledger, call.principal.forWriter, call.requestId);
    checkSeen(end, services.reads.token(call));
    const head = end.position;
    let position = paging.request.after ?? BigInt(call.query.after ?? '0');
    const data: LedgerRecord[] = [];
    let characters = 0;
    let scannedCharacters = 0;
    const isFull = (): boolean => data.length === limit || characters >= PAGE_CHARACTERS_MAX || scannedCharacters >= SCANNED_CHARACTERS_MAX;
    for (let scanned = 0; position < head && !isFull() && scanned < SCANNED_MAX;) {
      const wanted = Math.min(READ_MAX, Math.max(limit - data.length, 100));
      const { records } = await services.writer.readLog(
        { principal: call.principal.forWriter, ledger, afterPosition: position, toPosition: head, limit: wanted },
        call.requestId,
      );
      if (records.length === 0) break;
      for (const text of records) {
        if (isFull()) break;
        const record = recordFromJson(text);
        position = record.position;
        scanned += 1;
        scannedCharacters += text.length;
        if (!matches(record, call.query)) continue;
        data.push(record);
        characters += text.length;
      }
    }
    return {
      status: 200,
      body: { data: data.map((record) => renderRecord(record)), nextCursor: paging.cursor(position < head ? position : null) },
    };
  },
});
