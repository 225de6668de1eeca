import type { WriterChannels } from '@ledgerflow/platform/grpc';
import type { Health } from '@ledgerflow/platform/health';
import type { Stoppable } from '@ledgerflow/platform/lifecycle';
import type { Logger } from '@ledgerflow/platform/log';
import type { Registry } from '@ledgerflow/platform/metrics';
import { LogFeed } from './feed/log-feed.ts';
import { WriterLog } from './feed/writer-log.ts';
import { Generations } from './indices/generations.ts';
import type { IndexSettings } from './indices/mappings.ts';
import { BulkWriter } from './node/bulk.ts';
import { SearchNode, type NodeOptions } from './node/client.ts';
import { Indexer } from './sink/indexer.ts';
import { sinkMetrics } from './watch/metrics.ts';
import { Sweep } from './watch/sweep.ts';

export interface SinkOptions {
  node: Omit<NodeOptions, 'onRequest'>;
  prefix: string;
  indices: IndexSettings;
  bulkBytesMax: number;
  channels: WriterChannels;
  slots: number;
  lanes: number;
  batchCountMax: number;
  batchBytesMax: number;
  health: Health;
  metrics: Registry;
  log: Logger;
  sweepIntervalMs?: number;
}

/** The sink between its resources: node, feed and sweep; started, registered with health and metrics, and named for stopping. */
export function startSink(options: SinkOptions, parts: Stoppable): { feed: LogFeed; sweep: Sweep } {
  const { channels, slots, lanes, batchCountMax, batchBytesMax, health, log } = options;
  const metrics = sinkMetrics(options.metrics);
  const node = new SearchNode({ ...options.node, onRequest: metrics.request });
  const ending = new AbortController();
  const bulk = new BulkWriter({ node, bytesMax: options.bulkBytesMax, signal: ending.signal, onItems: metrics.items });
  const generations = new Generations(node, options.prefix, options.indices);
  const writerLog = new WriterLog({ channels, slots, batchCountMax, batchBytesMax });
  let indexer: Indexer | null = null;
  const open = async (): Promise<Indexer> => {
    const generation = await generations.ensureLive();
    if (indexer?.generation.number === generation.number) return indexer;
    const opened = new Indexer({ node, bulk, generation, log, onParked: metrics.parked });
    await opened.load();
    log.info({ generation: generation.number, ledgers: opened.checkpoints.size }, 'indexing');
    return (indexer = opened);
  };
  const feed = new LogFeed({ writerLog, open, lanes, batchCountMax, batchBytesMax, log, onApplied: metrics.applied });
  const sweep = new Sweep({ feed, writerLog, live: () => generations.live(), log, intervalMs: options.sweepIntervalMs });
  metrics.watch({ node, feed, sweep });
  health.register('search node', () => node.health());
  health.register('feed', () => feed.health());
  health.register('heads', () => sweep.health());
  health.register('ledgers', () => sweep.ledgersHealth());
  feed.start();
  sweep.start();
  // Stopped from the last to the first: waits end, then streams, then the loops that used them, then the connections.
  parts.add('search node', () => node.close());
  parts.add('feed', () => feed.stop());
  parts.add('sweep', () => sweep.stop());
  parts.add('log reads', () => writerLog.close());
  parts.add('waits', () => ending.abort());
  return { feed, sweep };
}
