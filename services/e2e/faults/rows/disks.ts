import { until } from '../../stack/wait.ts';
import { fillDisk } from '../harness/ballast.ts';
import type { Fault } from '../harness/fault.ts';

const MIB = 1024 * 1024;
const POSTGRES_DISK_BYTES = 512 * MIB;
const KAFKA_DISK_BYTES = 128 * MIB;
const FULL_MS = 10_000;
const BROKER_ENDS_MAX_MS = 40_000;

function postgresDiskFull(): Fault {
  let disk = '';
  return {
    id: 'postgres-disk-full',
    title: "PostgreSQL's disk full",
    did: `The disk of PostgreSQL (a tmpfs of ${POSTGRES_DISK_BYTES / MIB} MiB, ledger and read model on it) was filled to the last byte for ${FULL_MS / 1000} s, then freed; the server was started again if it had ended, as a supervisor does.`,
    human: 'Yes: make room on the disk. Everything else comes back by itself.',
    since: 'end',
    mayGoBack: true,
    stack: async (workshop) => {
      disk = await workshop.smallDisk(POSTGRES_DISK_BYTES);
      // Little is kept to be used again, so that the full disk is met at once.
      return { postgres: { parentFolder: disk, settings: { max_wal_size: '64MB', min_wal_size: '32MB', wal_recycle: 'off' } } };
    },
    async inflict(site) {
      const { postgres } = site.stack;
      const free = await fillDisk(disk);
      site.struck();
      const { acknowledged } = site.scene.clients;
      try {
        await site.wait(FULL_MS);
      } finally {
        await free();
      }
      site.note(`${site.scene.clients.acknowledged - acknowledged} writes were answered 2xx with the disk full`);
      site.over();
      if (postgres.pid !== null) return;
      site.note('PostgreSQL had ended by itself (PANIC)');
      await postgres.restart();
    },
  };
}

function kafkaDiskFull(): Fault {
  let disk = '';
  return {
    id: 'kafka-disk-full',
    title: "Kafka's disk full",
    did: `The disk of the only broker (a tmpfs of ${KAFKA_DISK_BYTES / MIB} MiB) was filled to the last byte under load until the broker ended; then it was freed, and the broker started again. Writes went on.`,
    human: 'Yes: make room on the disk. Everything else comes back by itself.',
    since: 'end',
    stack: async (workshop) => {
      disk = await workshop.smallDisk(KAFKA_DISK_BYTES);
      return { kafka: { dataDir: disk } };
    },
    async inflict(site) {
      const { kafka } = site.stack;
      if (kafka === null) throw new Error('this stack has no Kafka');
      const free = await fillDisk(disk);
      site.struck();
      const { acknowledged } = site.scene.clients;
      try {
        await until('the broker ends', () => kafka.pids()[0] === null, BROKER_ENDS_MAX_MS);
        await site.wait(FULL_MS / 2);
      } finally {
        await free();
      }
      site.note(`${site.scene.clients.acknowledged - acknowledged} writes were answered 2xx with Kafka's disk full`);
      await kafka.restart();
    },
  };
}

export const disks: readonly Fault[] = [postgresDiskFull(), kafkaDiskFull()];
