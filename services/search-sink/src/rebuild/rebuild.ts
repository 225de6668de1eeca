import { setTimeout as delay } from 'node:timers/promises';
import type { Head } from '@ledgerflow/contracts/grpc';
import type { Logger } from '@ledgerflow/platform/log';
import type { WriterLog } from '../feed/writer-log.ts';
import { GenerationConflictError, type Generation, type Generations } from '../indices/generations.ts';
import type { BulkWriter } from '../node/bulk.ts';
import type { SearchNode } from '../node/client.ts';
import { refresh } from '../node/documents.ts';
import { Indexer } from '../sink/indexer.ts';
import { differences } from './proof.ts';

const LEDGERS_CONCURRENT = 4;
/** Times that a ledger's reading may fail in a row before the rebuild gives up; what it did stays, and the next one goes on from there. */
const FAILURES_MAX = 20;
const WAIT_MIN_MS = 100;
const WAIT_MAX_MS = 5_000;
/** Times that somebody else may be found to fill the same indices. */
const ROUNDS_MAX = 5;

export interface RebuildOptions {
  node: SearchNode;
  bulk: BulkWriter;
  generations: Generations;
  writerLog: WriterLog;
  log: Logger;
}

/** The new indices are not what the logs say: the live ones stay. One line a difference. */
export class ProofError extends Error {
  override name = 'ProofError';
  readonly differences: readonly string[];
  constructor(found: readonly string[]) {
    super(`the new indices differ from the logs; the live ones stay\n${found.map((line) => `  ${line}`).join('\n')}`);
    this.differences = found;
  }
}

async function fillLedger({ writerLog, log }: RebuildOptions, indexer: Indexer, head: Head): Promise<void> {
  for (let failures = 0; ;) {
    try {
      const from = (await indexer.checkpoint(head.ledger))?.position ?? 0n;
      if (from >= head.position) return;
      for await (const batch of writerLog.read(head.ledger, from, head.position)) {
        const applied = await indexer.apply(batch);
        const [reason] = applied.refill.values();
        if (reason !== undefined) throw new Error(`${head.ledger}: ${reason}`);
        failures = 0;
      }
      const reason = indexer.stopped.get(head.ledger);
      if (reason !== undefined) throw new ProofError([`${head.ledger}: ${reason}`]);
    } catch (error) {
      failures += 1;
      if (error instanceof ProofError || failures > FAILURES_MAX) throw error;
      log.warn({ err: error, ledger: head.ledger }, 'a log could not be read or indexed; trying again');
      await delay(Math.min(WAIT_MIN_MS * 2 ** failures, WAIT_MAX_MS));
    }
  }
}

async function fill(options: RebuildOptions, indexer: Indexer, heads: readonly Head[]): Promise<void> {
  const waiting = [...heads];
  const work = async (): Promise<void> => {
    for (let head = waiting.pop(); head !== undefined; head = waiting.pop()) await fillLedger(options, indexer, head);
  };
  await Promise.all(Array.from({ length: LEDGERS_CONCURRENT }, work));
}

/** Proves every ledger at the positions of `heads`. Throws ProofError. */
async function prove({ node }: RebuildOptions, indexer: Indexer, heads: readonly Head[]): Promise<void> {
  const { generation, checkpoints } = indexer;
  await refresh(node, generation.indices);
  const found: string[] = [];
  for (const head of heads)
    for (const difference of await differences(node, generation, checkpoints.get(head.ledger), head))
      found.push(`${head.ledger} at ${head.position}: ${difference}`);
  if (found.length > 0) throw new ProofError(found);
}

/** Fills to where the logs end now and proves that. Answers false when somebody else filled the same generation further meanwhile: then there is nothing to compare with. */
async function fillAndProve(options: RebuildOptions, indexer: Indexer): Promise<boolean> {
  const heads = await options.writerLog.heads();
  await fill(options, indexer, heads);
  await indexer.load();
  const isAhead = ({ ledger, epoch, position }: Head): boolean => {
    const checkpoint = indexer.checkpoints.get(ledger);
    return checkpoint !== undefined && checkpoint.epoch === epoch && checkpoint.position > position;
  };
  if (heads.some(isAhead)) return false;
  await prove(options, indexer, heads);
  return true;
}

/**
 * Fills new indices from the logs, proves them equal to what the writers say, and only then shows them to readers, in one step; the sink goes on in them from there. What a
 * rebuild before left unfinished is gone on with. The indices that were live stay until the next rebuild, to go back to by hand.
 */
export async function rebuild(options: RebuildOptions): Promise<{ from: Generation | null; to: Generation }> {
  const { node, bulk, generations, log } = options;
  const from = await generations.live();
  const all = await generations.list();
  const to = all.find(({ number }) => number > (from?.number ?? 0)) ?? generations.generation((all.at(-1)?.number ?? 0) + 1);
  await generations.create(to);
  log.info({ live: from?.number ?? null, generation: to.number }, 'filling new indices');
  const indexer = new Indexer({ node, bulk, generation: to, log });
  for (let round = 1; !(await fillAndProve(options, indexer)); round++) {
    if ((await generations.live())?.number !== from?.number) throw new GenerationConflictError('another rebuild has swapped already');
    if (round === ROUNDS_MAX)
      throw new ProofError([`the new indices are ahead of the logs ${round} times: somebody else fills them, or a log was set back`]);
  }
  await generations.swap(from, to);
  log.info({ generation: to.number, ledgers: indexer.checkpoints.size }, 'the new indices are proven and live');
  for (const generation of all) if (generation.number < (from?.number ?? 0)) await generations.remove(generation);
  return { from, to };
}
