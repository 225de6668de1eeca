import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { status, type ServerWritableStream, type UntypedServiceImplementation } from '@grpc/grpc-js';
import { digestToHex, recordToJson, slotOf } from '@ledgerflow/contracts';
import {
  LedgerServiceService,
  type Head,
  type LedgerServiceServer,
  type ReadLogRequest,
  type RecordBatch,
  type TailLogRequest,
} from '@ledgerflow/contracts/grpc';
import { ensureCertificates } from '@ledgerflow/local/certificates';
import {
  readTls,
  serverCredentials,
  serviceIdentity,
  startGrpcServer,
  type GrpcServer,
  type TlsFiles,
  type TlsMaterial,
} from '@ledgerflow/platform/grpc';
import { Health } from '@ledgerflow/platform/health';
import type { TestLedger } from '@ledgerflow/read-model/testing';

const SLOTS = 32;

export interface TestCertificates {
  writer: TlsMaterial;
  sinkFiles: TlsFiles;
  remove(): Promise<void>;
}

/** Development certificates in a folder of their own. */
export async function testCertificates(): Promise<TestCertificates> {
  const folder = await mkdtemp(join(tmpdir(), 'ledgerflow-certificates-'));
  const made = await ensureCertificates(folder, ['ledger-writer', 'search-sink']);
  const files = (service: string): TlsFiles => ({
    TLS_CA_FILE: made.caFile,
    TLS_CERT_FILE: made.certFile(service),
    TLS_KEY_FILE: made.keyFile(service),
  });
  return { writer: readTls(files('ledger-writer')), sinkFiles: files('search-sink'), remove: () => rm(folder, { recursive: true }) };
}

type Stream = ServerWritableStream<TailLogRequest, RecordBatch>;

/** The writer's reading side over mTLS with logs that are in memory, and a network that the test can break. */
export class FakeWriter {
  readonly ledgers = new Map<string, TestLedger>();
  /** What the text of a record becomes on its way; null for one that is lost. */
  onTail: (text: string, ledger: string, position: bigint) => string | null = (text) => text;
  onRead: (text: string, ledger: string, position: bigint) => string = (text) => text;
  tails = 0;
  readLogs = 0;
  port = 0;
  private server: GrpcServer | null = null;
  private readonly open = new Set<{ call: Stream; sent: Map<string, bigint> }>();

  async start(tls: TlsMaterial): Promise<void> {
    const implementation: Pick<LedgerServiceServer, 'tailLog' | 'readLog' | 'getHeads'> = {
      tailLog: (call) => this.tailLog(call),
      readLog: (call) => this.readLog(call),
      getHeads: (call, callback) => callback(null, { heads: this.heads(call.request.slots), askedAt: 0n }),
    };
    const services = [{ definition: LedgerServiceService, implementation: implementation as UntypedServiceImplementation, name: 'ledger' }];
    this.server = await startGrpcServer({
      host: '127.0.0.1',
      port: 0,
      credentials: serverCredentials(tls),
      services,
      health: new Health(),
    });
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

  private tailLog(call: Stream): void {
    this.tails += 1;
    if (serviceIdentity(call) !== 'search-sink') {
      call.emit('error', { code: status.PERMISSION_DENIED, details: 'refused' });
      return;
    }
    const tail = { call, sent: new Map(call.request.cursors.map(({ ledger, position }) => [ledger, position])) };
    this.open.add(tail);
    call.on('cancelled', () => this.open.delete(tail));
    this.send(call, tail.sent);
  }

  private send(call: Stream, sent: Map<string, bigint>): void {
    for (const ledger of this.ledgers.values()) {
      if (!call.request.slots.includes(slotOf(ledger.id, SLOTS))) continue;
      const records = ledger.records.filter(({ position }) => position > (sent.get(ledger.id) ?? 0n));
      sent.set(ledger.id, ledger.position);
      const texts = records.flatMap((record) => this.onTail(recordToJson(record), ledger.id, record.position) ?? []);
      if (texts.length > 0) call.write({ ledger: ledger.id, records: texts, headPosition: ledger.position });
    }
  }

  private readLog(call: ServerWritableStream<ReadLogRequest, RecordBatch>): void {
    this.readLogs += 1;
    const { afterPosition, toPosition, limit } = call.request;
    const ledger = this.ledgers.get(call.request.ledger);
    if (ledger === undefined) {
      call.emit('error', { code: status.NOT_FOUND, details: 'no such ledger' });
      return;
    }
    const last = toPosition === 0n ? ledger.position : toPosition;
    const wanted = ledger.records.filter(({ position }) => position > afterPosition && position <= last).slice(0, limit);
    for (const record of wanted) {
      const text = this.onRead(recordToJson(record), ledger.id, record.position);
      call.write({ ledger: ledger.id, records: [text], headPosition: ledger.position });
    }
    call.end();
  }

  private heads(slots: readonly number[]): Head[] {
    return [...this.ledgers.values()]
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
        root: Buffer.alloc(0),
        entryDigest: Buffer.from(digestToHex(ledger.entryDigest), 'hex'),
        accountDigest: Buffer.from(digestToHex(ledger.accountDigest), 'hex'),
      }));
  }
}
