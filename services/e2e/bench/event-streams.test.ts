import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { EventStreams } from './event-streams.ts';

const NEVER = new AbortController().signal;
let server: Server;
let url: string;
let clients: ServerResponse[];
const streams = (): EventStreams => (opened = new EventStreams());
let opened: EventStreams | null = null;

beforeEach(async () => {
  clients = [];
  server = createServer((_, response) => {
    clients.push(response);
    response.writeHead(200, { 'content-type': 'text/event-stream', 'ledger-position': '5' });
    response.write('retry: 1000\n: connected\n\n');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});
afterEach(async () => {
  opened?.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

it('counts the events of all, in whatever pieces they come', async () => {
  const two = streams();
  await two.open(url, ['one', 'two'], NEVER);
  clients[0]?.write('id: 6\ndata: {}\n\n: heartbeat\n\nid: 7\ndata: {}\n\n');
  for (const piece of ['id: 6\nda', 'ta: {}\n', '\nid: 7\ndata: {}\n\n']) {
    clients[1]?.write(piece);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(await two.received(7, NEVER)).toBe(4);
});

it.each([
  ['missed one', 'id: 7\ndata: {}\n\n', /position 7 came after 5/],
  ['got one twice', 'id: 6\ndata: {}\n\nid: 6\ndata: {}\n\n', /position 6 came after 6/],
  ['was ended', null, /ended at position 5/],
])('fails when a stream %s', async (_, text, message) => {
  const one = streams();
  await one.open(url, ['one'], NEVER);
  if (text === null) clients[0]?.end();
  else clients[0]?.write(text);
  await expect(one.received(8, NEVER)).rejects.toThrow(message);
});
