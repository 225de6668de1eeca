import { digestToHex } from '@ledgerflow/contracts';
import { Comparison, list, type Conclusion } from './comparison.ts';
import { concludeProjections } from './conclude-projections.ts';
import type { Checkpoint } from './ledgers.ts';

/** The head, held against the log that was read up to its end. */
function concludeHead(of: Conclusion): void {
  const { head, log } = of;
  const row = new Comparison(of, head.position, `the head of ledger ${head.id}`);
  row.same('head', 'position', head.position, log.end.position);
  row.same('head', 'recorded_at in µs', head.recordedAt, log.end.position === 0 ? head.recordedAt : log.end.recordedAt);
  row.same('head', 'record_hash', head.recordHash, log.end.hash);
  // Raised after a restore, and not in the log before the next record.
  row.same('head', 'epoch', head.epoch, Math.max(head.epoch, log.end.epoch));
  row.same('head', 'account_count', head.accountCount, log.accountsOpened);
  row.same('frontier', 'frontier', head.frontier, log.frontier);
  row.same('entry digest', 'entry_digest', head.entryDigest, digestToHex(log.end.entryDigest));
  const last = new Comparison(of, log.end.position, `record ${log.end.position}, the last one,`);
  if (log.end.position === 0) return;
  last.same('batch digests', 'entry_digest', log.lastDigests[0], digestToHex(log.end.entryDigest));
  if (of.accounts.isComplete) last.same('batch digests', 'account_digest', log.lastDigests[1], digestToHex(of.accounts.accountDigest));
}

async function concludeKeys(of: Conclusion): Promise<void> {
  const { head, log, keys, ledger, findings } = of;
  if (!keys.isComplete) return;
  const records = of.counts.positions ?? 0;
  if (keys.keys !== records)
    findings.add('keys', null, null, `the index of keys has ${keys.keys} records, the log has ${records}: reindex ledger.records`);
  if (keys.externalIds === log.externalIds) return;
  // Only now worth its price: every transaction of a record that has a list of its own.
  const [missing] = await ledger.client.query<{ position: string; id: string }>(
    `select r.position, t.value ->> 1 as id from ledger.records r cross join lateral jsonb_array_elements(r.transactions) t(value)
     where r.ledger = $1 and t.value ->> 1 is not null
       and not exists (select from ledger.external_ids x where x.ledger = $1 and x.external_id = t.value ->> 1) order by r.position limit 1`,
    [head.number],
  );
  const position = missing === undefined ? null : Number(missing.position);
  const message =
    missing === undefined
      ? `there are ${keys.externalIds} rows of external ids for ${log.externalIds} transactions that have one`
      : `the external id ${missing.id} of record ${missing.position} has no row: it could be used a second time`;
  findings.add('external ids', position, null, message);
}

async function concludeCurrencies(of: Conclusion): Promise<void> {
  const { head, log, ledger } = of;
  const rows = await ledger.client.query<{ code: string; scale: number }>('select code, scale from ledger.currencies where ledger = $1', [
    head.number,
  ]);
  new Comparison(of, null, 'ledger.currencies').same(
    'currencies',
    'currencies',
    list(rows),
    list(log.currencies.map(({ code, scale }) => ({ code, scale }))),
  );
}

function concludeAccounts(of: Conclusion): void {
  const { head, accounts, log } = of;
  const row = new Comparison(of, head.position, `the head of ledger ${head.id}`);
  row.same('account digest', 'account_digest', head.accountDigest, digestToHex(accounts.accountDigest));
  if (log.isComplete) row.same('accounts', 'account_count', head.accountCount, accounts.accounts);
  for (const [currency, { debits, credits }] of accounts.balances) {
    of.counts['trial balance'] = (of.counts['trial balance'] ?? 0) + 1;
    if (debits !== credits)
      of.findings.add(
        'trial balance',
        head.position,
        null,
        `all accounts in ${currency} together owe ${debits} and own ${credits}: that is not zero`,
      );
  }
}

/** Where the read model says it is, beside the log. */
function concludeCheckpoint(of: Conclusion, checkpoint: Checkpoint): void {
  const { head, log } = of;
  const { position } = checkpoint;
  const row = new Comparison(of, position, 'the checkpoint of the read model');
  row.same('checkpoint', 'id', checkpoint.id, head.id);
  row.same('checkpoint', 'uuid', checkpoint.uuid, head.uuid);
  row.same('checkpoint', 'slot', checkpoint.slot, head.slot);
  if (checkpoint.stoppedReason !== null)
    of.findings.add('checkpoint', position, null, `the read model has stopped at position ${position}: ${checkpoint.stoppedReason}`);
  const end = log.ends.get(position);
  if (!log.isComplete || end === undefined) return;
  row.same('checkpoint', 'record_hash', checkpoint.recordHash, end.hash);
  if (position === 0) return;
  // Of the record, or a later one that the read model was taken into since.
  row.same('checkpoint', 'epoch', checkpoint.epoch, Math.min(Math.max(checkpoint.epoch, end.epoch), head.epoch));
  row.same('checkpoint', 'recorded_at', checkpoint.recordedAt, end.recordedAt);
}

/** Holds the rows that sum a ledger up against what its passes found; `findings` gets what differs. */
export async function conclude(of: Conclusion): Promise<void> {
  const { log, accounts, checkpoint, side, read, head } = of;
  if (log.isComplete) {
    concludeHead(of);
    await concludeKeys(of);
    await concludeCurrencies(of);
  }
  if (accounts.isComplete) concludeAccounts(of);
  if (checkpoint === null || side === null || read === null) return;
  concludeCheckpoint(of, checkpoint);
  for (const { position, actor } of side.divergences)
    if (position > checkpoint.position)
      of.findings.add(
        'read divergences',
        position,
        null,
        `${actor} is said to have discarded record ${position}, beyond the checkpoint at ${checkpoint.position}`,
      );
  if (checkpoint.position > head.position)
    of.findings.add(
      'checkpoint',
      checkpoint.position,
      null,
      `the read model is at position ${checkpoint.position}, beyond the head at ${head.position}`,
    );
  else if (log.isComplete && checkpoint.position > 0) await concludeProjections(of, side, checkpoint, read);
}
