import type { RecordBatch } from '@ledgerflow/contracts/grpc';
import type { WriterChannels } from '@ledgerflow/platform/grpc';

const READ_DEADLINE_MS = 60_000;
/** Records a call: a long log is read in calls that each stay well within their deadline. */
export const CALL_RECORDS_MAX = 20_000;

export interface LogRange {
  ledger: string;
  after: bigint;
  /** 0: to the head as it is when the call begins. */
  to: bigint;
  /** Records at most; default CALL_RECORDS_MAX. */
  limit?: number;
}

export interface LogReaderOptions {
  channels: WriterChannels;
}

/** Reads ranges of ledgers' logs at a writer; after a failure at the next one. The caller's pace is the stream's: nothing is read ahead of it but what the transport buffers. */
export class LogReader {
  private readonly channels: WriterChannels;
  private readonly streams = new Set<{ cancel(): void }>();
  private attempt = 0;
  private stopped = false;

  constructor({ channels }: LogReaderOptions) {
    this.channels = channels;
  }

  /** One call: the texts of records in order of position, in the writer's batches. Throws what the call comes to, also when the reader is stopped. */
  async *read({ ledger, after, to, limit = CALL_RECORDS_MAX }: LogRange): AsyncGenerator<string[]> {
    if (this.stopped) throw new Error('the builder stops');
    const request = { ledger, afterPosition: after, toPosition: to, limit, principal: undefined };
    const stream = this.channels.for(ledger, this.attempt).readLog(request, { deadline: Date.now() + READ_DEADLINE_MS });
    this.streams.add(stream);
    try {
      for await (const message of stream as AsyncIterable<RecordBatch>) yield message.records;
    } catch (error) {
      this.attempt += 1;
      throw error;
    } finally {
      this.streams.delete(stream);
      stream.cancel();
    }
  }

  /** Does not wait for logs that hang: their streams are cut. */
  stop(): void {
    this.stopped = true;
    for (const stream of this.streams) stream.cancel();
  }
}
