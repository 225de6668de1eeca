import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { status, type ServerWritableStream, type UntypedServiceImplementation } from '@grpc/grpc-js';
import { digestToHex, isAccountEvent, recordToJson, slotOf } from '@ledgerflow/contracts';
import {
  LedgerServiceService,
  type GetHeadsRequest,
  type Head,
  type LedgerServiceServer,
  type ReadLogRequest,
  type ReadStreamRequest,
  type RecordBatch,
  type TailLogRequest,
} from '@ledgerflow/contracts/grpc';
import { ensureCertificates } from '@ledgerflow/local/certificates';
import { readTls, serverCredentials, serviceIdentity, startGrpcServer, type GrpcServer, type TlsMaterial } from '@ledgerflow/platform/grpc';
import { Health } from '@ledgerflow/platform/health';
import type { TestLedger } from '@ledgerflow/read-model/testing';

const SLOTS = 32;

/** Development certificates in a folder of their own. */
export async function testCertificates(): Promise<{ writer: TlsMaterial; builder: TlsMaterial; remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'ledgerflow-certificates-'));
  const made = await ensureCertificates(folder, ['ledger-writer', 'read-model-builder']);
  const of = (service: string): TlsMaterial =>
    readTls({ TLS_CA_FILE: made.caFile, TLS_CERT_FILE: made.certFile(service), TLS_KEY_FILE: made.keyFile(service) });
  return { writer: of('ledger-writer'), builder: of('read-model-builder'), remove: () => rm(folder, { recursive: true }) };
}

/** The writer's reading side over mTLS with logs that are in memory, and a network that the test can break. */
export class FakeWriter {
  readonly ledgers = new Map<string, TestLedger>();
  /** Records of a ledger that TailLog does not send, as if they were lost on the way. */
  readonly lost = new Set<string>();
  /** What the text of a record becomes on its way, TailLog and ReadLog alike. */
  garble: (text: string, position: bigint) => string = (text) => text;
  /** ReadLog of these ledgers begins and never goes on. */
  readonly hanging = new Set<string>();
  /** TailLog ends as soon as it begins. */
  refusesTails = false;
  /** What GetHeads tells as its clock. */
  clockMicros: bigint | null = null;
  /** Heads of each answer of GetHeads. */
  readonly headsTold: number[] = [];
  tails = 0;
  readLogs = 0;
  port = 0;
  private server: GrpcServer | null = null;
  private readonly open = new Set<{ call: ServerWritableStream<TailLogRequest, RecordBatch>; sent: Map<string, bigint> }>();

  async start(tls: TlsMaterial, port = 0): Promise<void> {
    const implementation: Pick<LedgerServiceServer, 'tailLog' | 'readLog' | 'readStream' | 'getHeads'> = {
      tailLog: (call) => this.tailLog(call),
      readLog: (call) => this.readLog(call),
      readStream: (call) => this.readStream(call),
      getHeads: (call, callback) => {
        const heads = this.heads(call.request);
        this.headsTold.push(heads.length);
        callback(null, { heads, askedAt: this.clock() });
      },
    };
    const services = [{ definition: LedgerServiceService, implementation: implementation as UntypedServiceImplementation, name: 'ledger' }];
    this.server = await startGrpcServer({ host: '127.0.0.1', port, credentials: serverCredentials(tls), services, health: new Health() });
    this.port = this.server.port;
  }

  /** Sends what is new to all who tail. */
  publish(): void {
    for (const { call, sent } of this.open) this.send(call, sent);
  }

  /** Breaks every tail. */
  cut(): void {
    for (const { call } of this.open) call.emit('error', { code: status.UNAVAILABLE, details: 'cut' });
    this.open.clear();
  }

  async stop(): Promise<void> {
    this.cut();
    await this.server?.stop(200);
    this.server = null;
  }

  private tailLog(call: ServerWritableStream<TailLogRequest, RecordBatch>): void {
    this.tails += 1;
    if (serviceIdentity(call) !== 'read-model-builder' || this.refusesTails) {
      call.emit('error', { code: status.UNAVAILABLE, details: 'refused' });
      return;
    }
    const tail = { call, sent: new Map(call.request.cursors.map(({ ledger, position }) => [ledger, position])) };
    this.open.add(tail);
    call.on('cancelled', () => this.open.delete(tail));
    this.send(call, tail.sent);
  }

  private send(call: ServerWritableStream<TailLogRequest, RecordBatch>, sent: Map<string, bigint>): void {
    for (const ledger of this.ledgers.values()) {
      if (!call.request.slots.includes(slotOf(ledger.id, SLOTS))) continue;
      const records = ledger.records.filter(({ position }) => position > (sent.get(ledger.id) ?? 0n));
      sent.set(ledger.id, ledger.position);
      const texts = records
        .filter(({ position }) => !this.lost.has(`${ledger.id} ${position}`))
        .map((record) => this.garble(recordToJson(record), record.position));
      if (texts.length > 0) call.write({ ledger: ledger.id, records: texts, headPosition: ledger.position });
    }
  }

  private readLog(call: ServerWritableStream<ReadLogRequest, RecordBatch>): void {
    this.readLogs += 1;
    const ledger = this.ledgers.get(call.request.ledger);
    if (ledger === undefined) {
      call.emit('error', { code: status.NOT_FOUND, details: 'no such ledger' });
      return;
    }
    if (this.hanging.has(ledger.id)) return;
    const { afterPosition, toPosition, limit } = call.request;
    const wanted = ledger.records.filter(({ position }) => position > afterPosition && (toPosition === 0n || position <= toPosition));
    for (const record of limit === 0 ? wanted : wanted.slice(0, limit)) {
      call.write({ ledger: ledger.id, records: [this.garble(recordToJson(record), record.position)], headPosition: ledger.position });
    }
    call.end();
  }

  private readStream(call: ServerWritableStream<ReadStreamRequest, RecordBatch>): void {
    const { ledger, account, afterVersion } = call.request;
    for (const record of this.ledgers.get(ledger)?.records ?? [])
      if (record.events.some((event) => isAccountEvent(event) && event.account === account && event.version > afterVersion))
        call.write({ ledger, records: [recordToJson(record)], headPosition: 0n });
    call.end();
  }

  /** Unless it is set, behind the time of no record that is to come: each ledger has a clock of its own. */
  private clock(): bigint {
    if (this.clockMicros !== null) return this.clockMicros;
    return [...this.ledgers.values()].reduce((least, { now }) => (now < least ? now : least), BigInt(Date.now()) * 1_000n);
  }

  private heads({ ledgers, slots, recordedSince }: GetHeadsRequest): Head[] {
    const empty = Buffer.alloc(0);
    return [...this.ledgers.values()]
      .filter(({ id, now }) => (ledgers.length === 0 || ledgers.includes(id)) && now >= recordedSince)
      .map((ledger) => ({ ledger, slot: slotOf(ledger.id, SLOTS) }))
      .filter(({ slot }) => slots.length === 0 || slots.includes(slot))
      .map(({ ledger, slot }) => ({
        ledger: ledger.id,
        number: ledger.number,
        uuid: ledger.uuid,
        slot,
        epoch: ledger.epoch,
        position: ledger.position,
        recordedAt: ledger.now,
        recordHash: Buffer.from(ledger.records.at(-1)?.hash ?? '', 'hex'),
        root: empty,
        entryDigest: Buffer.from(digestToHex(ledger.entryDigest), 'hex'),
        accountDigest: Buffer.from(digestToHex(ledger.accountDigest), 'hex'),
      }));
  }
}
