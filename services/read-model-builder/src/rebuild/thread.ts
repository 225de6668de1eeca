import { parentPort } from 'node:worker_threads';
import { loadConfig } from '@ledgerflow/platform/config';
import { Stoppable } from '@ledgerflow/platform/lifecycle';
import { createLogger } from '@ledgerflow/platform/log';
import { Listener } from '@ledgerflow/platform/postgres';
import { CONFIG } from '../config.ts';
import { Cleaner } from './cleaner.ts';
import { openResources } from './resources.ts';
import { REBUILDS_CHANNEL } from './store.ts';
import { RebuildWorker } from './worker.ts';

// A thread of the builder for rebuilds: parsing and hashing a million records must not hold up the records that come in meanwhile.
const config = loadConfig(CONFIG);
const log = createLogger(CONFIG.service, config.LOG_LEVEL).child({ part: 'rebuild' });
const parts = new Stoppable();
const { pool, channels, reader } = openResources(config, log, parts);
const cleaner = new Cleaner({ pool, log });
cleaner.start();
parts.add('cleaner', () => cleaner.stop());
const worker = new RebuildWorker({
  pool,
  channels,
  reader,
  log,
  listen: (onChange) =>
    new Listener({
      url: config.READ_DATABASE_URL,
      channel: REBUILDS_CHANNEL,
      log,
      onNotification: onChange,
      onGap: () => onChange(''),
    }),
});
await worker.start();
parts.add('rebuild worker', () => worker.stop());

// Only ever told to stop.
parentPort?.once('message', () => {
  void parts.stop(log).then(() => parentPort?.close());
});
