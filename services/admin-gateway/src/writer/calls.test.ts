import { type Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { describe, expect, it } from '@jest/globals';
import type { ExecuteRequest, ExecuteResponse, LedgerServiceClient } from '@ledgerflow/contracts/grpc';
import type { WriterChannels } from '@ledgerflow/platform/grpc';
import { silentLogger } from '@ledgerflow/platform/log';
import { WriterCalls } from './calls.ts';

const BUSY: ExecuteResponse = {
  results: [{ outcome: { $case: 'failure', value: { code: 'overloaded', message: 'too many' } }, replayed: false }],
};

/** A writer that answers so, one attempt after the other. */
function callsOf(...answers: (ExecuteResponse | number)[]): WriterCalls {
  const execute = (
    _request: ExecuteRequest,
    _metadata: Metadata,
    _options: unknown,
    callback: (error: ServiceError | null, response?: ExecuteResponse) => void,
  ): void => {
    const answer = answers.shift();
    if (typeof answer === 'object') callback(null, answer);
    else callback(Object.assign(new Error('lost'), { code: answer }) as ServiceError);
  };
  const client = { execute } as unknown as LedgerServiceClient;
  return new WriterCalls({ count: 1, for: () => client } as unknown as WriterChannels, silentLogger);
}

const codeOf = async (calls: WriterCalls): Promise<unknown> => {
  const { results } = await calls.execute('main', { principals: [], commands: [] });
  const outcome = results[0]?.outcome;
  return outcome?.$case === 'failure' ? outcome.value.code : outcome;
};

describe('a busy writer', () => {
  it('has turned a command away when it was asked once', async () => {
    expect(await codeOf(callsOf(BUSY))).toBe('overloaded');
  });

  it('tells nothing of an attempt that was lost before', async () => {
    expect(await codeOf(callsOf(status.DEADLINE_EXCEEDED, BUSY))).toBe('unavailable');
  });
});
