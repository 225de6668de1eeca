import { isAccountEvent, type LedgerRecord } from '@ledgerflow/contracts';
import { Type } from 'typebox';
import { Id } from '../contract/schemas.ts';

/** Query parameters that choose records. */
export const filterProperties = {
  account: Type.Optional(Id),
  type: Type.Optional(Type.String({ pattern: '^[A-Za-z]{1,64}$' })),
  actor: Type.Optional(Type.String({ minLength: 1, maxLength: 255 })),
};

export interface EventFilter {
  account?: string | undefined;
  /** Of the record or of one of its events. */
  type?: string | undefined;
  actor?: string | undefined;
}

/** Whether a record is one of those that were asked for. */
export function matches(record: Pick<LedgerRecord, 'type' | 'actor' | 'events'>, filter: EventFilter): boolean {
  if (filter.type !== undefined && record.type !== filter.type && !record.events.some((event) => event.type === filter.type)) return false;
  if (filter.actor !== undefined && record.actor !== filter.actor) return false;
  return filter.account === undefined || record.events.some((event) => isAccountEvent(event) && event.account === filter.account);
}
