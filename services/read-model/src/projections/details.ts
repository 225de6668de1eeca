import { isSystemAccount, type AccountTermsEvent, type Details, type LedgerRecord } from '@ledgerflow/contracts';

/** The name and metadata that an account event gave, as far as the record has them (null when it gave none or they were erased). */
export function accountDetails(record: LedgerRecord, event: AccountTermsEvent): Pick<Details, 'name' | 'metadata'> | null {
  // A world account opened on the way has no details: those of the record are the deposit's.
  const gives =
    event.type === 'MetadataChanged' ||
    (event.type === 'AccountOpened' && record.type === 'AccountOpened' && !isSystemAccount(event.account));
  const body = gives ? record.details.find((details) => details.index === 0)?.body : null;
  if (body === null || body === undefined) return null;
  const { name, metadata } = body;
  if (name === undefined && metadata === undefined) return null;
  return { ...(name === undefined ? {} : { name }), ...(metadata === undefined ? {} : { metadata }) };
}

/** The free text of transaction `index`. An account's opening has none of its own: those details are the account's. */
export function transactionDetails(record: LedgerRecord, index: number): Details | null {
  if (record.type === 'AccountOpened') return null;
  return record.details.find((details) => details.index === index)?.body ?? null;
}
