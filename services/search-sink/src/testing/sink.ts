import { setTimeout as delay } from 'node:timers/promises';
import { clientCredentials, readTls, WriterChannels } from '@ledgerflow/platform/grpc';
import { Health } from '@ledgerflow/platform/health';
import { Stoppable } from '@ledgerflow/platform/lifecycle';
import { silentLogger } from '@ledgerflow/platform/log';
import { Registry } from '@ledgerflow/platform/metrics';
import type { TestLedger } from '@ledgerflow/read-model/testing';
import type { AccountDocument } from '../documents/account.ts';
import type { CheckpointDocument } from '../documents/checkpoint.ts';
import type { TransactionDocument } from '../documents/transaction.ts';
import { WriterLog } from '../feed/writer-log.ts';
import { Generations } from '../indices/generations.ts';
import type { Kind } from '../indices/mappings.ts';
import { BulkWriter } from '../node/bulk.ts';
import { SearchNode } from '../node/client.ts';
import { refresh, scanDocuments } from '../node/documents.ts';
import { startSink, type SinkOptions } from '../parts.ts';
import type { DeadLetter } from '../sink/dead-letters.ts';
import type { ToolParts } from '../tool.ts';
import { FaultyNetwork } from './faulty-network.ts';
import { FakeWriter, type TestCertificates } from './fake-writer.ts';

/** Waits for a condition, with a deadline. */
export async function until(what: string, condition: () => boolean | Promise<boolean>, limitMs = 90_000): Promise<void> {
  for (const deadline = Date.now() + limitMs; !(await condition()); await delay(20)) {
    if (Date.now() > deadline) throw new Error(`not within ${limitMs} ms: ${what}`);
  }
}

export interface TestSink {
  health: Health;
  metrics: Registry;
  /** Reasons why it is not ready. */
  reasons(): string[];
  metric(name: string): Promise<number>;
  stop(): Promise<void>;
}

const INDICES = { shards: 1, replicas: 0, refreshIntervalMs: 200 };
const SLOTS = 32;
const BATCH = { batchCountMax: 40, batchBytesMax: 200_000 };
let prefixes = 0;

/** Indices of a prefix of its own on a node, a writer with logs in memory, and the sinks between them. */
export class TestBench {
  readonly prefix = `bench-${process.pid}-${++prefixes}`;
  readonly writer = new FakeWriter();
  readonly node: SearchNode;
  readonly generations: Generations;
  private readonly url: string;
  private readonly certificates: TestCertificates;
  private readonly parts: { stop(): Promise<void> }[] = [];
  private readonly networks: FaultyNetwork[] = [];
  private closed = false;

  private constructor(url: string, certificates: TestCertificates) {
    this.url = url;
    this.certificates = certificates;
    this.node = new SearchNode({ url, requestTimeoutMs: 20_000 });
    this.generations = new Generations(this.node, this.prefix, INDICES);
  }

  static async start(url: string, certificates: TestCertificates): Promise<TestBench> {
    const bench = new TestBench(url, certificates);
    await bench.writer.start(certificates.writer);
    return bench;
  }

  private channels(): WriterChannels {
    const credentials = clientCredentials(readTls(this.certificates.sinkFiles));
    return new WriterChannels({ addresses: `127.0.0.1:${this.writer.port}`, credentials });
  }

  /** A sink as main.ts makes it, with short intervals; `url` is that of a network in between. */
  sink({ url = this.url, ...over }: Partial<SinkOptions> & { url?: string } = {}): TestSink {
    const parts = new Stoppable();
    const health = new Health();
    const metrics = new Registry();
    const channels = this.channels();
    parts.add('channels', () => channels.close());
    const node = { url, requestTimeoutMs: 5_000, circuit: { failuresMax: 3, openMs: 200 } };
    const limits = { slots: SLOTS, lanes: 2, ...BATCH, bulkBytesMax: 1_000_000, sweepIntervalMs: 100 };
    startSink({ node, prefix: this.prefix, indices: INDICES, channels, ...limits, health, metrics, log: silentLogger, ...over }, parts);
    const sink: TestSink = {
      health,
      metrics,
      reasons: () => health.checks().flatMap(({ reason }) => reason ?? []),
      metric: async (name) => {
        const all = (await metrics.metrics()).split('\n').filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`));
        return all.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
      },
      stop: () => parts.stop(silentLogger),
    };
    this.parts.push(sink);
    return sink;
  }

  /** A network in front of the node, for a sink's `url`. */
  async network(): Promise<FaultyNetwork> {
    const network = new FaultyNetwork(this.url);
    await network.start();
    this.networks.push(network);
    return network;
  }

  /** What the commands get. */
  tools(): ToolParts {
    const channels = this.channels();
    const writerLog = new WriterLog({ channels, slots: SLOTS, ...BATCH });
    this.parts.push({ stop: async () => (writerLog.close(), channels.close()) });
    const bulk = new BulkWriter({ node: this.node, bytesMax: 1_000_000, signal: new AbortController().signal });
    return { node: this.node, bulk, generations: this.generations, writerLog, log: silentLogger };
  }

  /** What readers find, refreshed, in order. */
  async documents<T>(kind: Kind, sort: string[], ledger?: string): Promise<T[]> {
    const index = this.generations.publicAlias(kind);
    await refresh(this.node, [index]);
    const found: T[] = [];
    const query = ledger === undefined ? { match_all: {} } : { term: { ledger } };
    for await (const page of scanDocuments<T>(this.node, index, { query, sort })) found.push(...page);
    return found;
  }

  accounts = (ledger?: string): Promise<AccountDocument[]> => this.documents('accounts', ['ledger', 'id'], ledger);
  transactions = (ledger?: string): Promise<TransactionDocument[]> =>
    this.documents('transactions', ['ledger', 'position', 'index'], ledger);
  deadLetters = (): Promise<DeadLetter[]> => this.documents('dead-letters', ['documentId', 'position']);

  async checkpoint(ledger: string): Promise<CheckpointDocument | null> {
    const path = `/${this.generations.publicAlias('checkpoints')}/_doc/${ledger}`;
    const answer = await this.node.find<{ _source: CheckpointDocument }>('get', { method: 'GET', path });
    return answer?._source ?? null;
  }

  /** Waits until the checkpoint of a ledger is at its head. */
  async untilWhole(ledger: TestLedger, limitMs?: number): Promise<void> {
    const isWhole = async (): Promise<boolean> => {
      const checkpoint = await this.checkpoint(ledger.id).catch(() => null);
      return checkpoint?.position === ledger.position.toString();
    };
    await until(`${ledger.id} is indexed to ${ledger.position}`, isWhole, limitMs);
  }

  async stop(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    for (const part of this.parts) await part.stop();
    await this.writer.stop();
    for (const network of this.networks) await network.stop();
    for (const generation of await this.generations.list()) await this.generations.remove(generation);
    await this.node.close();
  }
}
