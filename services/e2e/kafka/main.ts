import { parseArgs } from 'node:util';
import { KafkaSetupError, startKafka } from './index.ts';

/** `npm run kafka [-- --port 9092 --data-dir DIR --brokers 1|3 --log-file FILE]`: a broker for development, until Ctrl-C. */
const USAGE = 'usage: npm run kafka -- [--port 9092] [--data-dir DIR] [--brokers 1|3] [--log-file FILE]';
const DEFAULT_PORT = 9092;

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

  const stopped = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
  const started = startKafka({ port, dataDir: values['data-dir'], brokers: count === '3' ? 3 : 1, logFile: values['log-file'] });
  const kafka = await Promise.race([started, stopped]);
  if (kafka !== undefined) {
    console.log(`ready on ${kafka.brokers.join(',')}`);
    await stopped;
  }
  await (await started).stop();
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
