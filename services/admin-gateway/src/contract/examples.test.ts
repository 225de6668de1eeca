import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { silentLogger } from '@ledgerflow/platform/log';
import { Deployment } from '../ops/deployment.ts';
import { ROUTES } from '../routes/index.ts';
import { Conformance } from '../test/conformance.ts';
import { TestGateway } from '../test/gateway.ts';
import { TestOperations } from '../test/operations.ts';
import { ANSWERS_FILE, EXAMPLES, PATH, readAnswers } from './examples.ts';
import { API_BASE } from './registry.ts';

const SLOT = {
  cluster: 'main',
  slot: 0,
  head: '14',
  cursor: '12',
  backlog: '2',
  oldestAgeSeconds: 0.4,
  holder: 'ledger-writer-0',
  isLive: true,
  epoch: '3',
  breaker: 'closed',
  lastError: null,
  lastErrorAt: null,
};
const STATE = {
  ledger: 'shop',
  projection: 'account_summary',
  scope: 'account' as const,
  epoch: 1,
  generation: 1,
  position: 14n,
  recordedAt: 1_790_000_000_000_000n,
  appliedPosition: 14n,
  appliedRecordedAt: 1_790_000_000_000_000n,
  rows: 3n,
  heldReason: null,
  heldAt: null,
  stoppedReason: null,
  parkedAccounts: 0,
  deadLetters: 0,
  divergences: 0,
  rebuild: null,
};

describe('the examples of the document', () => {
  const answers: Record<string, unknown> = {};
  const conformance = new Conformance();
  let writer: Server;
  let test: TestGateway;

  beforeAll(async () => {
    writer = createServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ relay: 'on', data: [SLOT] }));
    });
    await new Promise<void>((resolve) => writer.listen(0, '127.0.0.1', resolve));
    const address = `127.0.0.1:${(writer.address() as AddressInfo).port}`;
    const operations = new TestOperations();
    operations.letter('shop', 6n);
    operations.states.push(STATE as (typeof operations.states)[number]);
    test = await TestGateway.start({
      operations: operations.operations,
      repairOutcomes: operations.outcomes,
      deployment: new Deployment([{ name: 'ledger-writer', address }], silentLogger),
    });
  });
  afterAll(async () => {
    await test.stop();
    writer.closeAllConnections();
    await new Promise((resolve) => writer.close(resolve));
  });

  /** The first message of a stream, as text. */
  async function firstMessage(path: string): Promise<{ status: number; text: string }> {
    const abort = new AbortController();
    const headers = { authorization: `Bearer ${await test.token()}` };
    const response = await fetch(`${test.url}${API_BASE}${path}`, { headers, signal: abort.signal });
    let text = '';
    const decoder = new TextDecoder();
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      text += decoder.decode(chunk, { stream: true });
      if (/data: .*\n\n/.test(text)) break;
    }
    abort.abort();
    return { status: response.status, text: `${text.split('\n\n').find((message) => message.includes('data: '))}\n\n` };
  }

  it('are there for every operation', () =>
    expect([...new Set(EXAMPLES.map(({ operation }) => operation))].sort()).toEqual(ROUTES.map(({ id }) => id).sort()));

  it('are answered as they say, and as the document describes', async () => {
    const before = new Map<string, Record<string, unknown>>();
    for (const { operation, path = {}, query = {}, body, status } of EXAMPLES) {
      const route = ROUTES.find(({ id }) => id === operation)!;
      const values = { ...PATH, ...(typeof path === 'function' ? path(before) : path) };
      const search = new URLSearchParams(query).toString();
      const concrete = route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => values[name]!) + (search === '' ? '' : `?${search}`);
      if (route.eventStream === true) {
        const streamed = await firstMessage(concrete);
        expect([operation, streamed.status]).toEqual([operation, status]);
        answers[`${operation} ${status}`] ??= streamed.text;
        continue;
      }
      // The gateway of the tests throws for an answer that the document does not describe.
      const reply = await test.call(route.method, concrete, body);
      expect([operation, reply.status, reply.status === status ? '' : reply.text]).toEqual([operation, status, '']);
      before.set(operation, reply.body);
      // Of lines the first.
      answers[`${operation} ${status}`] ??= route.ndjson === true ? (JSON.parse(reply.text.split('\n')[0] ?? '') as unknown) : reply.body;
    }
    if (process.env['RECORD_EXAMPLES'] === '1') writeFileSync(ANSWERS_FILE, `${JSON.stringify(answers, null, 2)}\n`);
  });

  it('show answers of today: every member that is answered is in them, and they are as the document describes', () => {
    const recorded = readAnswers();
    expect(Object.keys(recorded).sort()).toEqual(Object.keys(answers).sort());
    for (const [key, text] of Object.entries(recorded)) {
      const [operation, status] = key.split(' ');
      const route = ROUTES.find(({ id }) => id === operation)!;
      if (route.eventStream === true) continue;
      expect(Object.keys(text as object)).toEqual(Object.keys(answers[key] as object));
      const contentType = route.ndjson === true ? 'application/x-ndjson' : 'application/json';
      const exchange = { method: route.method, path: API_BASE + route.path, status: Number(status), contentType, headers: null };
      expect(conformance.mistake({ ...exchange, text: JSON.stringify(text) })).toBeNull();
    }
  });
});
