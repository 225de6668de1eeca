import { createServer } from 'node:net';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { KAFKA_VERSION, KafkaSetupError, startKafka } from './index.ts';

/** `npm run kafka [-- --port 9092 --data-dir DIR --brokers 1|3 --log-file FILE]`: a broker for development, until Ctrl-C. */
const USAGE = 'usage: npm run kafka -- [--port 9092] [--data-dir DIR] [--brokers 1|3] [--log-file FILE]';
const DEFAULT_PORT = 9092;
const HOST = '127.0.0.1';

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      port: { type: 'string' },
      'data-dir': { type: 'string' },
      brokers: { type: 'string' },
      'log-file': { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return;
  }
  const port = Number(values.port ?? DEFAULT_PORT);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new KafkaSetupError(`--port ${values.port ?? ''} is no port\n${USAGE}`);
  const count = values.brokers ?? '1';
  if (count !== '1' && count !== '3') throw new KafkaSetupError(`--brokers is 1 or 3\n${USAGE}`);

  let isStopping = false;
  const stopped = new Promise<void>((done) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const)
      process.on(signal, () => {
        isStopping = true;
        done();
      });
  });
  const dataDir = values['data-dir'];
  await assertFree(port);
  const started = startKafka({ port, dataDir, brokers: count === '3' ? 3 : 1, logFile: values['log-file'] });
  await Promise.race([started, stopped]).catch(async (error: unknown) => {
    // Taken since it was looked at.
    if (error instanceof Error && /BindException|Address already in use/.test(error.message)) await assertFree(port);
    throw error;
  });
  // Ctrl-C reaches the starting broker too: that it did not start is no error then.
  const kafka = isStopping ? await started.catch(() => null) : await started;
  if (kafka === null) return;
  if (!isStopping) console.log(readyLine(kafka.brokers, dataDir));
  const ended = await Promise.race([stopped, kafka.untilExit()]);
  await kafka.stop();
  // Ctrl-C reaches the broker as well as us: whichever is heard of first.
  if (typeof ended === 'string' && !isStopping) throw new Error(`Apache Kafka stopped by itself: ${ended}`);
}

/** Kafka would say it after seconds, with a stack trace. */
async function assertFree(port: number): Promise<void> {
  const server = createServer();
  await new Promise<void>((done, fail) => {
    server.once('error', fail).listen(port, HOST, () => server.close(() => done()));
  }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EADDRINUSE') throw new KafkaSetupError(`port ${port} of ${HOST} can not be used: ${error.message}`);
    throw new KafkaSetupError(`port ${port} of ${HOST} is taken: stop what listens there, or choose another one with --port`);
  });
}

function readyLine(brokers: readonly string[], dataDir: string | undefined): string {
  const data = dataDir === undefined ? 'thrown away at the end' : resolve(dataDir);
  const use = `Use it: npm start -- --kafka ${brokers[0] ?? ''}. Ctrl-C stops it.`;
  return `Apache Kafka ${KAFKA_VERSION} is ready on ${brokers.join(',')} (data: ${data}). ${use}`;
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
