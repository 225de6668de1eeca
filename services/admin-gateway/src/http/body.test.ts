import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { BodyBudget, readJsonBody } from './body.ts';

function request(): { body: Readable; message: IncomingMessage } {
  const body = new Readable({ read: () => undefined });
  const message = Object.assign(body, { headers: { 'content-type': 'application/json' }, complete: true }) as unknown as IncomingMessage;
  return { body, message };
}
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('bodies that are being read', () => {
  it('are bounded together: one too many is refused, and there is room again when they are done', async () => {
    const budget = new BodyBudget(100);
    const [first, second, third] = [request(), request(), request()];
    const reads = [first, second, third].map(({ message }) => readJsonBody(message, budget).catch((error: unknown) => error));
    first.body.push(`"${'x'.repeat(59)}`);
    await turn();
    second.body.push(`"${'x'.repeat(59)}`);
    await turn();
    expect(budget.taken).toBe(60);
    second.body.push('"');
    second.body.push(null);
    expect(await reads[1]).toMatchObject({ code: 'overloaded' });
    third.body.destroy(new Error('gone'));
    expect(await reads[2]).toMatchObject({ code: 'malformed_json' });
    first.body.push('"');
    first.body.push(null);
    expect(await reads[0]).toMatchObject({ bytes: 61 });
    expect(budget.taken).toBe(0);
  });
});
