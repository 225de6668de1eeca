import { isProblemCode, type LedgerRecord, PROBLEMS, recordFromJson } from '@ledgerflow/contracts';
import type { Command, Result } from '@ledgerflow/contracts/grpc';
import type { Logger } from '@ledgerflow/platform/log';
import type { Answer, Call } from '../contract/route.ts';
import { Problem } from '../http/problem.ts';
import { type RecordJson, recordJson } from '../rendering/movement.ts';
import type { ConsistencyTokens, Place } from '../reads/consistency.ts';
import type { LastWrites } from '../reads/last-writes.ts';
import type { CommandBatcher } from './batcher.ts';
import { weightOf } from './weight.ts';

export type CommandBody = NonNullable<Command['body']>;

/** An accepted command: its record as it came, read as far as the answer needs it. */
export class Outcome {
  readonly json: RecordJson;
  readonly replayed: boolean;
  private readonly text: string;

  constructor(text: string, replayed: boolean) {
    this.text = text;
    this.json = recordJson(text);
    this.replayed = replayed;
  }

  get record(): LedgerRecord {
    return recordFromJson(this.text);
  }

  /** Where in the log it is. */
  get place(): Place {
    return { epoch: this.json.epoch, position: BigInt(this.json.position) };
  }
}

export interface CommandsOptions {
  batcher: CommandBatcher;
  tokens: ConsistencyTokens;
  lastWrites: LastWrites;
  log: Logger;
}

/** Takes commands to the writer and what comes back to answers, which are made of the record alone: a replay is equal JSON. */
export class Commands {
  private readonly options: CommandsOptions;

  constructor(options: CommandsOptions) {
    this.options = options;
  }

  /** The outcome of one command, or the Problem of its refusal or failure. */
  async run(
    call: Call,
    ledger: string,
    body: CommandBody,
    item: { key: string; bytes: number } = { key: call.idempotencyKey, bytes: call.bodyBytes },
  ): Promise<Outcome> {
    const { dryRun = false } = call.query as { dryRun?: boolean };
    const command: Command = {
      ledger,
      principal: 0,
      idempotencyKey: item.key,
      requestId: call.requestId,
      correlationId: call.correlationId,
      causationId: call.requestId,
      dryRun,
      body,
    };
    const result = await this.options.batcher.submit(command, call.principal.forWriter, weightOf(body, item.bytes));
    const outcome = this.outcomeOf(call, result);
    if (!dryRun) this.options.lastWrites.wrote(call.principal.id, ledger, outcome.place);
    return outcome;
  }

  /** A success answer with the headers of one record. */
  answer(
    call: Call,
    status: number,
    { json, place, replayed }: Pick<Outcome, 'json' | 'place' | 'replayed'>,
    body: unknown,
    headers: Record<string, string> = {},
  ): Answer {
    if (replayed) headers['idempotency-replayed'] = 'true';
    if ((call.query as { dryRun?: boolean }).dryRun !== true) headers['ledger-consistency'] = this.options.tokens.issue(json.ledger, place);
    return { status, body, headers };
  }

  private outcomeOf(call: Call, { outcome, replayed }: Result): Outcome {
    if (outcome?.$case === 'record') return new Outcome(outcome.value, replayed);
    if (outcome?.$case === 'refusal') {
      const { code, parameters } = outcome.value;
      if (isProblemCode(code)) throw new Problem(code, { parameters, headers: replayed ? { 'idempotency-replayed': 'true' } : {} });
      this.options.log.error({ code, requestId: call.requestId }, 'the writer refused with an unknown code');
      throw new Problem('internal');
    }
    const failure = outcome?.$case === 'failure' ? outcome.value : { code: 'internal', message: 'no outcome' };
    if (isProblemCode(failure.code) && PROBLEMS[failure.code].by === 'gateway' && failure.code !== 'internal')
      throw new Problem(failure.code, failure.code === 'invalid_request' ? { detail: failure.message } : {});
    this.options.log.error({ failure, requestId: call.requestId }, 'the writer failed');
    throw new Problem('internal');
  }
}
