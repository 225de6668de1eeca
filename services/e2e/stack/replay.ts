import { readFileSync } from 'node:fs';
import { credentials } from '@grpc/grpc-js';
import {
  accountDigest,
  addDigest,
  digestToHex,
  entryDigest,
  Frontier,
  isAccountEvent,
  leafHash,
  recordFromJson,
  ZERO_HASH,
  type AccountTerms,
  type LedgerRecord,
} from '@ledgerflow/contracts';
import { LedgerServiceClient, type Head, type RecordBatch } from '@ledgerflow/contracts/grpc';
import type { Stack } from './stack.ts';

export interface ReplayedAccount {
  id: string;
  number: number;
  currency: string;
  posted: bigint;
  held: bigint;
  version: bigint;
  terms: AccountTerms;
}

export interface Replay {
  head: Head;
  records: LedgerRecord[];
  accounts: Map<string, ReplayedAccount>;
}

/** From one part of a log to the next. */
const CALL_TIMEOUT_MS = 20_000;

function builderClient(stack: Stack): LedgerServiceClient {
  const { certificates } = stack;
  const name = 'read-model-builder';
  const tls = credentials.createSsl(
    readFileSync(certificates.caFile),
    readFileSync(certificates.keyFile(name)),
    readFileSync(certificates.certFile(name)),
  );
  return new LedgerServiceClient(stack.writerAddresses[0]!, tls, {
    'grpc.max_receive_message_length': 16 * 1024 * 1024,
    // TLS names no IP address as its server.
    'grpc.ssl_target_name_override': 'localhost',
  });
}

/** Each record as the writer gives it and the relay sends it. */
async function readTexts(client: LedgerServiceClient, ledger: string): Promise<string[]> {
  const texts: string[] = [];
  const call = client.readLog({ principal: undefined, ledger, afterPosition: 0n, toPosition: 0n, limit: 0 });
  const timer = setTimeout(() => call.cancel(), CALL_TIMEOUT_MS);
  try {
    for await (const batch of call as AsyncIterable<RecordBatch>) {
      timer.refresh();
      texts.push(...batch.records);
    }
    return texts;
  } finally {
    clearTimeout(timer);
  }
}

async function readWholeLog(client: LedgerServiceClient, ledger: string): Promise<LedgerRecord[]> {
  return (await readTexts(client, ledger)).map(recordFromJson);
}

/** A ledger's whole log as it is now, each record as it travels. */
export async function readLedgerTexts(stack: Stack, ledger: string): Promise<string[]> {
  const client = builderClient(stack);
  try {
    return await readTexts(client, ledger);
  } finally {
    client.close();
  }
}

/** A ledger's whole log as it is now, unchecked. */
export async function readLedgerLog(stack: Stack, ledger: string): Promise<LedgerRecord[]> {
  const client = builderClient(stack);
  try {
    return await readWholeLog(client, ledger);
  } finally {
    client.close();
  }
}

function heads(client: LedgerServiceClient): Promise<Head[]> {
  return new Promise((resolve, reject) => {
    client.getHeads({ principal: undefined, ledgers: [], slots: [], recordedSince: 0n }, (error, response) =>
      error === null ? resolve(response.heads) : reject(error),
    );
  });
}

/**
 * Folds a ledger's whole log by the simplest code there is, and checks on the way what must hold at every position: dense positions and versions, the hash chain,
 * strictly increasing times, entries that net to zero, limits. Then compares chain, tree and digests with the head. Throws on the first difference.
 */
export async function replay(stack: Stack, ledger: string): Promise<Replay> {
  const client = builderClient(stack);
  try {
    const head = (await heads(client)).find((one) => one.ledger === ledger);
    if (head === undefined) throw new Error(`no head of ${ledger}`);
    const records = (await readWholeLog(client, ledger)).filter((record) => record.position <= head.position);
    const accounts = fold(records);
    let entries = 0n;
    for (const event of records.flatMap((record) => record.events))
      if (event.type === 'EntryPosted') entries = addDigest(entries, entryDigest(event));
    let states = 0n;
    for (const account of accounts.values())
      states = addDigest(states, accountDigest({ account: account.id, ...account, ...account.terms }));
    const frontier = new Frontier(0n, Buffer.alloc(0));
    for (const record of records) frontier.append(record.hash);
    expectEqual('position', BigInt(records.length), head.position);
    expectEqual('record hash', records.at(-1)?.hash ?? ZERO_HASH, head.recordHash.toString('hex'));
    expectEqual('root', frontier.root().toString('hex'), head.root.toString('hex'));
    expectEqual('entry digest', digestToHex(entries), head.entryDigest.toString('hex'));
    expectEqual('account digest', digestToHex(states), head.accountDigest.toString('hex'));
    return { head, records, accounts };
  } finally {
    client.close();
  }
}

function expectEqual(what: string, found: unknown, wanted: unknown): void {
  if (found !== wanted) throw new Error(`${what}: the replay has ${String(found)}, the head has ${String(wanted)}`);
}

function fold(records: LedgerRecord[]): Map<string, ReplayedAccount> {
  const accounts = new Map<string, ReplayedAccount>();
  let previous: LedgerRecord | null = null;
  for (const record of records) {
    const at = `position ${record.position}`;
    expectEqual(`${at}: density`, record.position, (previous?.position ?? 0n) + 1n);
    expectEqual(`${at}: previous hash`, record.previousHash, previous?.hash ?? ZERO_HASH);
    expectEqual(`${at}: hash`, leafHash(record), record.hash);
    if (previous !== null && record.recordedAt <= previous.recordedAt) throw new Error(`${at}: recorded_at does not increase`);
    applyRecord(accounts, record, at);
    previous = record;
  }
  return accounts;
}

function applyRecord(accounts: Map<string, ReplayedAccount>, record: LedgerRecord, at: string): void {
  const sums = new Map<string, bigint>();
  for (const event of record.events) {
    if (!isAccountEvent(event)) continue;
    const before = accounts.get(event.account);
    expectEqual(`${at}: version of ${event.account}`, event.version, (before?.version ?? 0n) + 1n);
    const amount = event.type === 'EntryPosted' ? event.amount : 0n;
    const posted = (before?.posted ?? 0n) + amount;
    expectEqual(`${at}: posted of ${event.account}`, event.postedAfter, posted);
    const terms = event.type === 'EntryPosted' ? before?.terms : event.data;
    if (terms === undefined) throw new Error(`${at}: an entry on ${event.account}, which is not open`);
    sums.set(event.currency, (sums.get(event.currency) ?? 0n) + amount);
    accounts.set(event.account, {
      id: event.account,
      number: event.accountNumber,
      currency: event.currency,
      posted,
      held: event.heldAfter,
      version: event.version,
      terms,
    });
  }
  for (const [currency, sum] of sums) expectEqual(`${at}: sum of ${currency}`, sum, 0n);
  for (const event of record.events) {
    if (event.type !== 'EntryPosted') continue;
    const account = accounts.get(event.account)!;
    const { minBalance, maxBalance } = account.terms;
    if (minBalance !== null && account.posted - account.held < minBalance && event.amount < 0n)
      throw new Error(`${at}: ${event.account} is below its limit`);
    if (maxBalance !== null && account.posted > maxBalance && event.amount > 0n)
      throw new Error(`${at}: ${event.account} is above its limit`);
  }
}
