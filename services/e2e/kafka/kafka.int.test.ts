import { afterAll, describe, expect, it } from '@jest/globals';
import { createKafka } from '@ledgerflow/platform/kafka';
import { silentLogger } from '@ledgerflow/platform/log';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startKafka } from './index.ts';

const DEADLINE_MS = 30_000;
const TOPIC = 'greetings';
const MAIN = join(dirname(fileURLToPath(import.meta.url)), 'main.ts');
const folders: string[] = [];

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function roundTrip(brokers: string[], value: string, group: string): Promise<string[]> {
  const kafka = createKafka({ brokers, clientId: 'test', log: silentLogger });
  await kafka.admin().ensureTopics([{ topic: TOPIC, partitions: 2 }]);
  const producer = kafka.producer();
  await producer.sendBatch(TOPIC, [{ partition: 1, key: 'k', value }]);
  await producer.close();
  const values: string[] = [];
  const consumer = kafka.consumer({
    groupId: group,
    topic: TOPIC,
    handleBatch: async (_, batch) => void values.push(...batch.map((m) => `${m.value?.toString()}`)),
  });
  consumer.start();
  for (const deadline = Date.now() + DEADLINE_MS; !values.includes(value) && Date.now() < deadline;) await delay(20);
  await consumer.stop();
  return values;
}

async function folder(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'ledgerflow-kafka-test-'));
  folders.push(dir);
  return dir;
}

afterAll(async () => {
  await Promise.all(folders.map((dir) => rm(dir, { recursive: true, force: true })));
});

describe('startKafka', () => {
  it('starts a broker that produces and consumes, survives kill and restart, and leaves no process behind', async () => {
    const kafka = await startKafka();
    const pids: (number | null)[] = kafka.pids();
    expect(await roundTrip(kafka.brokers, 'hello', 'a')).toEqual(['hello']);
    await kafka.kill();
    expect(kafka.pids()).toEqual([null]);
    await kafka.restart();
    pids.push(...kafka.pids());
    expect(await roundTrip(kafka.brokers, 'again', 'b')).toEqual(['hello', 'again']);
    await kafka.stop();
    await kafka.stop();
    expect(pids.filter((pid) => pid !== null && isAlive(pid))).toEqual([]);
  }, 90_000);

  it('keeps the data of a folder that it was given', async () => {
    const dataDir = await folder();
    const first = await startKafka({ dataDir });
    await roundTrip(first.brokers, 'kept', 'a');
    await first.stop();
    expect(await readdir(dataDir)).toEqual(['broker-1']);
    const second = await startKafka({ dataDir });
    expect(await roundTrip(second.brokers, 'new', 'b')).toEqual(['kept', 'new']);
    await second.stop();
  }, 90_000);

  it('says why a broker did not start', async () => {
    const kafka = await startKafka();
    await expect(startKafka({ port: kafka.port })).rejects.toThrow(/ended while it started[^]*(BindException|in use)/);
    await kafka.stop();
  }, 60_000);
});

/** `npm run kafka`, its output, and its exit code once it has ended. */
function command(port: number, tmp: string) {
  const child = spawn(process.execPath, [MAIN, '--port', `${port}`], {
    env: { ...process.env, NODE_OPTIONS: '', TMPDIR: tmp },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { out: '', err: '' };
  child.stdout.on('data', (data: Buffer) => (output.out += data.toString()));
  child.stderr.on('data', (data: Buffer) => (output.err += data.toString()));
  const exit = once(child, 'close').then(([code]) => code as number | null);
  return { child, output, exit };
}

describe('npm run kafka', () => {
  it('says how to use it, that the port is taken, and that the broker died; it leaves no folder behind', async () => {
    const probe = await startKafka();
    const { port } = probe;
    const taken = command(port, await folder());
    expect(await taken.exit).toBe(1);
    expect(taken.output).toEqual({
      out: '',
      err: `port ${port} of 127.0.0.1 is taken: stop what listens there, or choose another one with --port\n`,
    });
    await probe.stop();

    const tmp = await folder();
    for (const isKilled of [true, false]) {
      const { child, output, exit } = command(port, tmp);
      for (const deadline = Date.now() + DEADLINE_MS; output.out === '' && child.exitCode === null && Date.now() < deadline;)
        await delay(20);
      expect(output.err).toBe('');
      expect(output.out).toBe(
        `Apache Kafka 4.3.1 is ready on 127.0.0.1:${port} (data: thrown away at the end). Use it: npm start -- --kafka 127.0.0.1:${port}. Ctrl-C stops it.\n`,
      );
      expect((await readdir(tmp)).filter((name) => name.startsWith('ledgerflow-kafka-')).length).toBe(1);
      if (isKilled) {
        const { stdout } = await promisify(execFile)('pgrep', ['-P', `${child.pid}`, 'java']);
        process.kill(Number(stdout), 'SIGKILL');
      } else child.kill('SIGINT');
      expect(await exit).toBe(isKilled ? 1 : 0);
      expect(output.err).toBe(isKilled ? 'Apache Kafka stopped by itself: broker 1 ended (SIGKILL)\n' : '');
      expect((await readdir(tmp)).filter((name) => name.startsWith('ledgerflow-kafka-'))).toEqual([]);
    }
  }, 90_000);
});
