import { formatMicros } from '@ledgerflow/contracts';
import type { Head } from '@ledgerflow/contracts/grpc';
import { Type } from 'typebox';
import { route } from '../../contract/route.ts';
import { list, pageProperties, query, Time } from '../../contract/schemas.ts';
import { pagingById } from '../pages.ts';

const NullableText = Type.Unsafe<string | null>({ type: ['string', 'null'] });
const Projection = Type.Object({
  ledger: Type.String(),
  epoch: Type.Integer(),
  appliedPosition: Type.String(),
  appliedRecordedAt: Time,
  headPosition: NullableText,
  lagRecords: NullableText,
  lagSeconds: Type.Unsafe<number | null>({ type: ['number', 'null'] }),
  stoppedReason: NullableText,
});

export const listProjections = route({
  id: 'listProjections',
  method: 'GET',
  path: '/admin/projections',
  tag: 'Admin',
  summary: 'How far the read side has applied each ledger, and how far that is behind the log (null when the writer does not answer)',
  query: query(pageProperties),
  answers: { 200: list(Projection) },
  access: { role: 'admin', ledger: 'every' },
  handle: async (call, services) => {
    const paging = pagingById(call, services, 'listProjections');
    const page = await services.reads.model.listLedgers(null, paging.request);
    const ids = page.rows.map(({ value }) => value.id);
    const heads = new Map<string, Head>();
    if (ids.length > 0) {
      const answered = await services.writer
        .getHeads('', { principal: call.principal.forWriter, ledgers: ids, slots: [] }, call.requestId)
        .catch(() => null);
      for (const head of answered?.heads ?? []) heads.set(head.ledger, head);
    }
    const data = page.rows.map(({ value, checkpoint }) => {
      const head = heads.get(value.id);
      const behind = head === undefined ? null : head.position > checkpoint.position ? head.position - checkpoint.position : 0n;
      return {
        ledger: value.id,
        epoch: checkpoint.epoch,
        appliedPosition: checkpoint.position.toString(),
        appliedRecordedAt: formatMicros(checkpoint.recordedAt),
        headPosition: head?.position.toString() ?? null,
        lagRecords: behind?.toString() ?? null,
        lagSeconds:
          head === undefined || behind === null ? null : behind === 0n ? 0 : Number(head.recordedAt - checkpoint.recordedAt) / 1_000_000,
        stoppedReason: checkpoint.stoppedReason,
      };
    });
    return { status: 200, body: { data, nextCursor: paging.cursor(page.next) } };
  },
});
