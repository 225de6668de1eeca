import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import { closedLoop, HttpTarget, Latencies, openLoop } from './index.ts';

describe('latencies', () => {
  it('have percentiles to three figures', () => {
    const one = new Latencies();
    for (let ms = 1; ms <= 1_000; ms++) one.record(ms);
    const { count, meanMs, p50Ms, p90Ms, p99Ms, p999Ms, maxMs } = one.summary();
    expect(count).toBe(1_000);
    for (const [measured, exact] of [
      [meanMs, 500.5],
      [p50Ms, 500],
      [p90Ms, 900],
      [p99Ms, 990],
      [p999Ms, 999],
      [maxMs, 1_000],
    ] as const)
      expect(Math.abs(measured - exact) / exact).toBeLessThan(0.002);
  });

  it('are zero when there are none, and take anything', () => {
    const latencies = new Latencies();
    expect(latencies.summary()).toEqual({ count: 0, meanMs: 0, p50Ms: 0, p90Ms: 0, p99Ms: 0, p999Ms: 0, maxMs: 0 });
    for (const ms of [-1, 0, 1e-9, 1e12]) latencies.record(ms);
    expect(latencies.summary().count).toBe(4);
    expect(latencies.summary().p50Ms).toBe(0.001);
  });
});

describe('an HTTP target', () => {
  const servers: Server[] = [];
  const targets: HttpTarget[] = [];
  async function serve(listener: RequestListener, options: Partial<ConstructorParameters<typeof HttpTarget>[1]> = {}) {
    const server = createServer(listener);
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const target = new HttpTarget(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, { connections: 2, ...options });
    targets.push(target);
    return { server, target };
  }
  afterEach(async () => {
    for (const server of servers) server.closeAllConnections();
    await Promise.all(targets.splice(0).map((target) => target.close()));
    await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
  });

  it('sends method, path, headers and body, and gathers an answer of many parts', async () => {
    const { target } = await serve(
      (request, response) => {
        const parts: Buffer[] = [];
        request.on('data', (part: Buffer) => parts.push(part));
        request.on('end', () => {
          response.writeHead(201, { 'x-answer': 'yes' });
          response.write(`${request.method} ${request.url} ${String(request.headers['x-own'])} ${String(request.headers['x-all'])} `);
          response.write('é'.repeat(100_000));
          response.end(Buffer.concat(parts).toString());
        });
      },
      { headers: { 'x-all': 'a' } },
    );
    const answer = await target.request({ method: 'POST', path: '/p?q=1', headers: { 'x-own': 'o' }, body: '{"ü":1}' });
    expect(answer.status).toBe(201);
    expect(answer.headers['x-answer']).toBe('yes');
    expect(answer.text).toBe(`POST /p?q=1 o a ${'é'.repeat(100_000)}{"ü":1}`);
    expect((await target.request({ method: 'GET', path: '/' })).text.startsWith('GET / undefined a ')).toBe(true);
  });

  it('keeps its connections, no more than it may have', async () => {
    const sockets = new Set<unknown>();
    const { target } = await serve((request, response) => {
      sockets.add(request.socket);
      response.end('ok');
    });
    await Promise.all(Array.from({ length: 50 }, () => target.request({ method: 'GET', path: '/' })));
    expect(sockets.size).toBeGreaterThan(0);
    expect(sockets.size).toBeLessThanOrEqual(2);
  });

  it('rejects when the connection is lost, when it cannot be made, and after its time', async () => {
    let requests = 0;
    const { target } = await serve((request) => {
      requests += 1;
      request.socket.destroy();
    });
    await expect(target.request({ method: 'POST', path: '/', body: 'x' })).rejects.toThrow();
    expect(requests).toBe(1);
    const { target: silent } = await serve(() => undefined, { timeoutMs: 50 });
    await expect(silent.request({ method: 'GET', path: '/' })).rejects.toThrow(/timeout/i);
    const { server, target: gone } = await serve(() => undefined);
    await new Promise((resolve) => server.close(resolve));
    await expect(gone.request({ method: 'GET', path: '/' })).rejects.toThrow();
  });
});

describe('a closed loop', () => {
  it('keeps every worker at work, one piece at a time, until its time is over', async () => {
    const busy = new Set<number>();
    const done = new Map<number, number>();
    const { seconds } = await closedLoop({ workers: 3, durationMs: 60 }, async (worker) => {
      expect(busy.has(worker)).toBe(false);
      busy.add(worker);
      await delay(2);
      busy.delete(worker);
      done.set(worker, (done.get(worker) ?? 0) + 1);
    });
    expect(new Set(done.keys())).toEqual(new Set([0, 1, 2]));
    for (const count of done.values()) expect(count).toBeGreaterThan(1);
    expect(seconds).toBeGreaterThanOrEqual(0.06);
    expect(busy.size).toBe(0);
  });

  it('ends early by a signal, and with the first error after all others are done', async () => {
    const stop = new AbortController();
    let count = 0;
    await closedLoop({ workers: 2, durationMs: 60_000, signal: stop.signal }, async () => {
      if (++count === 10) stop.abort();
      await delay(1);
    });
    expect(count).toBeLessThanOrEqual(11);
    let under = 0;
    const failing = closedLoop({ workers: 4, durationMs: 60_000 }, async (worker) => {
      under++;
      await delay(worker === 0 ? 1 : 10);
      under--;
      if (worker === 0) throw new Error('broken');
    });
    await expect(failing).rejects.toThrow('broken');
    expect(under).toBe(0);
  });
});

describe('an open loop', () => {
  it('begins at the rate asked for, whatever the answers do, at scheduled times in order', async () => {
    const scheduled: number[] = [];
    const startedMs = performance.now();
    const result = await openLoop({ ratePerSecond: 500, inFlightMax: 1_000, durationMs: 200 }, async (scheduledMs) => {
      scheduled.push(scheduledMs - startedMs);
      await delay(50);
    });
    expect(result).toMatchObject({ started: 100, shed: 0 });
    expect(scheduled).toHaveLength(100);
    for (const [index, ms] of scheduled.entries()) expect(Math.abs(ms - (scheduled[0] as number) - index * 2)).toBeLessThan(0.001);
    expect(result.seconds).toBeGreaterThanOrEqual(0.2);
  });

  it('counts the wait behind a stall into the latency of those it held up', async () => {
    const latencies = new Latencies();
    let isFirst = true;
    await openLoop({ ratePerSecond: 1_000, inFlightMax: 1_000, durationMs: 100 }, async (scheduledMs) => {
      if (isFirst) {
        isFirst = false;
        for (const endMs = performance.now() + 60; performance.now() < endMs;);
      }
      latencies.record(performance.now() - scheduledMs);
    });
    const { count, p50Ms } = latencies.summary();
    expect(count).toBe(100);
    // Half of them were due in the 60 ms in which nothing could begin: 59, 58, … ms late. A closed loop would have seen one slow call.
    expect(p50Ms).toBeGreaterThan(5);
  });

  it('sheds what comes due beyond the bound on what is in flight, and says how many', async () => {
    let inFlight = 0;
    let most = 0;
    const result = await openLoop({ ratePerSecond: 1_000, inFlightMax: 5, durationMs: 100 }, async () => {
      most = Math.max(most, ++inFlight);
      await delay(40);
      inFlight--;
    });
    expect(most).toBe(5);
    expect(result.started + result.shed).toBe(100);
    expect(result.shed).toBeGreaterThan(50);
    expect(inFlight).toBe(0);
  });

  it('lets go of the process while more is due than it can begin', async () => {
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 20);
    const startedMs = performance.now();
    const result = await openLoop({ ratePerSecond: 1e9, inFlightMax: 1, durationMs: 60_000, signal: stop.signal }, () => delay(1));
    expect(performance.now() - startedMs).toBeLessThan(5_000);
    expect(result.shed).toBeGreaterThan(0);
  });

  it('ends by a signal and by an error', async () => {
    const stop = new AbortController();
    const result = await openLoop({ ratePerSecond: 1_000, inFlightMax: 10, durationMs: 60_000, signal: stop.signal }, async () =>
      stop.abort(),
    );
    expect(result.started).toBeLessThan(200);
    await expect(
      openLoop({ ratePerSecond: 1_000, inFlightMax: 10, durationMs: 60_000 }, () => Promise.reject(new Error('broken'))),
    ).rejects.toThrow('broken');
  });
});
