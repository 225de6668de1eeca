import { setTimeout as delay } from 'node:timers/promises';
import { type CallOptions, type ClientReadableStream, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import type { WriterChannels } from '@ledgerflow/platform/grpc';
import type { Logger } from '@ledgerflow/platform/log';
import { type CircuitBreakerPolicy, consecutiveBreaker, isBrokenCircuit, isOpen, RetryBudget } from '@ledgerflow/platform/resilience';
import type {
  ExecuteRequest,
  ExecuteResponse,
  GetAccountRequest,
  GetAccountResponse,
  GetHeadsRequest,
  GetHeadsResponse,
  LedgerServiceClient,
  ReadLogRequest,
  ReadStreamRequest,
  RecordBatch,
  ResolveTimeRequest,
  ResolveTimeResponse,
  Result,
  TailLogRequest,
} from '@ledgerflow/contracts/grpc';
import { Problem } from '../http/problem.ts';

/** One attempt; a writer that was stopped (SIGSTOP) holds its ledger 5 s at most, so another attempt after 6 s finds it free. */
const ATTEMPT_DEADLINE_MS = 6_000;
const TOTAL_DEADLINE_MS = 14_000;
const ATTEMPTS_MAX = 5;
const RETRY_DELAY_MS = 50;
const BREAKER_FAILURES_MAX = 10;
const BREAKER_HALF_OPEN_AFTER_MS = 500;
const RETRY_BUDGET_MAX = 100;
const RETRY_EARNED_PER_SUCCESS = 0.1;
/** Records that one read of the log may bring into memory. */
export const READ_RECORDS_MAX = 5_000;
/** Characters of them: a read that comes to more ends early, with the records it has. */
const READ_CHARACTERS_MAX = 4 * 1024 * 1024;

type Unary<Request, Response> = (
  client: LedgerServiceClient,
  request: Request,
  metadata: Metadata,
  options: Partial<CallOptions>,
  callback: (error: ServiceError | null, response: Response) => void,
) => void;

const EXECUTE: Unary<ExecuteRequest, ExecuteResponse> = (client, ...rest) => client.execute(...rest);
const GET_ACCOUNT: Unary<GetAccountRequest, GetAccountResponse> = (client, ...rest) => client.getAccount(...rest);
const GET_HEADS: Unary<GetHeadsRequest, GetHeadsResponse> = (client, ...rest) => client.getHeads(...rest);
const RESOLVE_TIME: Unary<ResolveTimeRequest, ResolveTimeResponse> = (client, ...rest) => client.resolveTime(...rest);

/** Whether the call may not have been answered for want of a writer, so that another attempt can help. Commands carry keys: a repeat is safe. */
function isLost(error: unknown): boolean {
  const code = (error as Partial<ServiceError>).code;
  return code === status.UNAVAILABLE || code === status.DEADLINE_EXCEEDED || code === status.CANCELLED || isBrokenCircuit(error);
}

/** A request or an answer above gRPC's message limit. What the call asked for may have happened: repeat it in smaller parts, under the same keys. */
export class OversizedMessage extends Problem {
  constructor() {
    super('unavailable', { detail: 'The ledger writer has too much to say at once' });
  }
}

/** The writer itself answers RESOURCE_EXHAUSTED for nothing else: that it is busy is a result. */
function isOversized(error: unknown): boolean {
  const { code, details = '' } = error as Partial<ServiceError>;
  return code === status.RESOURCE_EXHAUSTED && details.includes('larger than');
}

/** What a failed call means to a client. */
export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (isOversized(error)) return new OversizedMessage();
  if (isLost(error)) return new Problem('unavailable', { detail: 'The ledger writer can not be reached' });
  const { code } = error as Partial<ServiceError>;
  // Of the connection, whatever became of the call; to clients `overloaded` says that nothing happened.
  if (code === status.RESOURCE_EXHAUSTED) return new Problem('unavailable', { detail: 'The ledger writer is too busy' });
  if (code === status.NOT_FOUND) return new Problem('ledger_not_found');
  if (code === status.PERMISSION_DENIED) return new Problem('forbidden');
  return new Problem('internal', { detail: 'The ledger writer failed' });
}

/** What the writer says to commands that it was sent before: that it turned them away now tells nothing of the first time. */
export function repeated({ results }: ExecuteResponse): ExecuteResponse {
  const isTurnedAway = ({ outcome }: Result): boolean => outcome?.$case === 'failure' && outcome.value.code === 'overloaded';
  const lost: Result = {
    outcome: { $case: 'failure', value: { code: 'unavailable', message: 'too many commands are waiting' } },
    replayed: false,
  };
  return { results: results.map((result) => (isTurnedAway(result) ? lost : result)) };
}

/** What a read of the log brought. */
export interface LogPart {
  records: string[];
  headPosition: bigint;
  /** False: the read was cut short by what may be in memory at once, so that what was asked for may go on after the last record. */
  isComplete: boolean;
}

/** All calls to the writers: deadlines, a retry budget, a circuit breaker a writer, the next writer of the ledger when one is lost. */
export class WriterCalls {
  private readonly channels: WriterChannels;
  private readonly log: Logger;
  private readonly budget = new RetryBudget({ max: RETRY_BUDGET_MAX, earnedPerSuccess: RETRY_EARNED_PER_SUCCESS });
  private readonly breakers = new WeakMap<LedgerServiceClient, CircuitBreakerPolicy>();

  constructor(channels: WriterChannels, log: Logger) {
    this.channels = channels;
    this.log = log;
  }

  async execute(ledger: string, request: ExecuteRequest): Promise<ExecuteResponse> {
    let sent = 0;
    const execute: typeof EXECUTE = (...args) => {
      sent += 1;
      EXECUTE(...args);
    };
    const response = await this.unary(execute, ledger, request, '');
    return sent > 1 ? repeated(response) : response;
  }

  /** A strong read. */
  getAccount(request: GetAccountRequest, requestId: string): Promise<GetAccountResponse> {
    return this.unary(GET_ACCOUNT, request.ledger, request, requestId);
  }

  getHeads(ledger: string, request: GetHeadsRequest, requestId: string): Promise<GetHeadsResponse> {
    return this.unary(GET_HEADS, ledger, request, requestId);
  }

  resolveTime(request: ResolveTimeRequest, requestId: string): Promise<ResolveTimeResponse> {
    return this.unary(RESOLVE_TIME, request.ledger, request, requestId);
  }

  readLog(request: ReadLogRequest, requestId: string): Promise<LogPart> {
    return this.collect((client, metadata, options) => client.readLog(request, metadata, options), request.ledger, requestId);
  }

  readStream(request: ReadStreamRequest, requestId: string): Promise<LogPart> {
    return this.collect((client, metadata, options) => client.readStream(request, metadata, options), request.ledger, requestId);
  }

  /** No deadline: it goes on for ever. attempt chooses the writer, in the ledger's order. */
  tailLog(request: TailLogRequest, attempt: number): ClientReadableStream<RecordBatch> {
    return this.channels.for(request.ledger, attempt).tailLog(request);
  }

  private breaker(client: LedgerServiceClient): CircuitBreakerPolicy {
    let breaker = this.breakers.get(client);
    if (breaker === undefined) {
      breaker = consecutiveBreaker({ failuresMax: BREAKER_FAILURES_MAX, halfOpenAfterMs: BREAKER_HALF_OPEN_AFTER_MS, counts: isLost });
      this.breakers.set(client, breaker);
    }
    return breaker;
  }

  /** The ledger's writer for an attempt; one whose breaker is open is passed over when another is there. */
  private choose(ledger: string, attempt: number): LedgerServiceClient {
    for (let i = 0; i < this.channels.count; i++) {
      const client = this.channels.for(ledger, attempt + i);
      if (!isOpen(this.breaker(client))) return client;
    }
    return this.channels.for(ledger, attempt);
  }

  private unary<Request, Response>(
    method: Unary<Request, Response>,
    ledger: string,
    request: Request,
    requestId: string,
  ): Promise<Response> {
    return this.attempts(ledger, requestId, (client, metadata, options) => {
      return new Promise<Response>((resolve, reject) => {
        method(client, request, metadata, options, (error, response) => (error === null ? resolve(response) : reject(error)));
      });
    });
  }

  private collect(
    open: (client: LedgerServiceClient, metadata: Metadata, options: Partial<CallOptions>) => ClientReadableStream<RecordBatch>,
    ledger: string,
    requestId: string,
  ): Promise<LogPart> {
    return this.attempts(ledger, requestId, (client, metadata, options) => {
      return new Promise<LogPart>((resolve, reject) => {
        const all: LogPart = { records: [], headPosition: 0n, isComplete: true };
        let characters = 0;
        const stream = open(client, metadata, options);
        stream.on('data', (batch: RecordBatch) => {
          for (const record of batch.records) {
            all.records.push(record);
            characters += record.length;
          }
          if (batch.headPosition > all.headPosition) all.headPosition = batch.headPosition;
          if (characters < READ_CHARACTERS_MAX && all.records.length < READ_RECORDS_MAX) return;
          resolve({ ...all, isComplete: false });
          stream.cancel();
        });
        stream.on('error', reject);
        stream.on('end', () => resolve(all));
      });
    });
  }

  private async attempts<T>(
    ledger: string,
    requestId: string,
    call: (client: LedgerServiceClient, metadata: Metadata, options: Partial<CallOptions>) => Promise<T>,
  ): Promise<T> {
    const metadata = new Metadata();
    if (requestId !== '') metadata.set('x-request-id', requestId);
    const endMs = Date.now() + TOTAL_DEADLINE_MS;
    for (let attempt = 0; ; attempt++) {
      const deadline = Math.min(Date.now() + ATTEMPT_DEADLINE_MS, endMs);
      const client = this.choose(ledger, attempt);
      try {
        const response = await this.breaker(client).execute(() => call(client, metadata, { deadline }));
        this.budget.succeeded();
        return response;
      } catch (error) {
        const pauseMs = RETRY_DELAY_MS * 2 ** attempt * (0.5 + Math.random());
        const again = isLost(error) && attempt + 1 < ATTEMPTS_MAX && Date.now() + pauseMs < endMs && this.budget.take();
        if (isOversized(error)) this.log.error({ err: error, ledger }, 'a message to or from the writer exceeded the limit of gRPC');
        else this.log.warn({ err: error, ledger, attempt, again }, 'a call to the writer failed');
        if (!again) throw toProblem(error);
        await delay(pauseMs);
      }
    }
  }
}
