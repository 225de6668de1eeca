import { describe, expect, it } from '@jest/globals';
import type { PoolClient } from '@ledgerflow/platform/postgres';
import { BatchTooSlowError } from '../application/errors.ts';
import { asStoreError, Flight } from './flight.ts';

interface Sent {
  name: string;
  query_timeout?: number;
}

/** A client whose server never answers; `fail` settles its statements in their order, as the driver does. */
function silentClient() {
  const sent: Sent[] = [];
  const waiting: ((error: Error) => void)[] = [];
  const query = (config: Sent): Promise<never> => {
    sent.push(config);
    return new Promise((_, reject) => waiting.push(reject));
  };
  return {
    client: { query } as unknown as PoolClient,
    sent,
    fail: (errors: Error[]) => errors.forEach((error, at) => waiting[at]?.(error)),
  };
}

const statements = (...names: string[]) => names.map((name) => ({ name, text: name }));

describe('flight', () => {
  it('has the last statement of each part watch over those before it', () => {
    const { client, sent } = silentClient();
    const flight = new Flight(client);
    flight.send(statements('begin', 'lock', 'read'));
    flight.send(statements('write', 'commit'));
    expect(sent.filter((query) => query.query_timeout !== undefined).map(({ name }) => name)).toEqual(['read', 'commit']);
  });

  it('is a batch too slow on a lost connection when nothing was heard, although the statements before failed of the lost connection', async () => {
    const { client, fail } = silentClient();
    const flight = new Flight(client);
    flight.send(statements('begin', 'lock', 'read'));
    const gone = (): Error => new Error('Connection terminated unexpectedly');
    fail([gone(), gone(), new Error('Query read timeout')]);
    const error: unknown = await flight.land().catch((reason: unknown) => reason);
    expect(error).toMatchObject({ isConnectionLost: true });
    expect(asStoreError(error)).toBeInstanceOf(BatchTooSlowError);
  });
});
