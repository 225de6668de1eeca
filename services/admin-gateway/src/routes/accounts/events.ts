import { isAccountEvent, recordFromJson } from '@ledgerflow/contracts';
import { route } from '../../contract/route.ts';
import { list, pageProperties, query, Record } from '../../contract/schemas.ts';
import { checkSeen } from '../../reads/consistency.ts';
import { Problem } from '../../http/problem.ts';
import { renderRecord } from '../../rendering/record.ts';
import { pagingByNumber } from '../pages.ts';

export const listAccountEvents = route({
  id: 'listAccountEvents',
  method: 'GET',
  path: '/ledgers/{ledger}/accounts/{account}/events',
  tag: 'Events',
  summary: "The records that touched an account, oldest first, with that account's events only; straight from the log",
  query: query(pageProperties),
  answers: { 200: list(Record) },
  access: { role: 'viewer', ledger: 'path' },
  handle: async (call, services) => {
    const ledger = call.params['ledger'] as string;
    const account = call.params['account'] as string;
    const paging = pagingByNumber(call, services, 'listAccountEvents');
    const { after, limit } = paging.request;
    const token = services.reads.token(call);
    if (token !== null) checkSeen(await services.events.head(ledger, call.principal.forWriter, call.requestId), token);
    const { records, isComplete } = await services.writer.readStream(
      { principal: call.principal.forWriter, ledger, account, afterVersion: after ?? 0n, limit: limit + 1 },
      call.requestId,
    );
    if (records.length === 0 && after === null) throw new Problem('account_not_found', { parameters: { account } });
    const page = records.slice(0, limit).map(recordFromJson);
    const version = page.at(-1)?.events.findLast((event) => isAccountEvent(event) && event.account === account);
    const hasMore = records.length > limit || !isComplete;
    const next = hasMore && version !== undefined && isAccountEvent(version) ? version.version : null;
    return { status: 200, body: { data: page.map((record) => renderRecord(record, account)), nextCursor: paging.cursor(next) } };
  },
});
