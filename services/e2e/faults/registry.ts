import type { Fault } from './harness/fault.ts';
import { brokerKilled, brokerLosesTail, brokerRestored, oneOfThreeBrokers, topicDeleted } from './rows/brokers.ts';
import { databaseClockBack, databaseClockForward, servicesClockBack, servicesClockForward } from './rows/clocks.ts';
import { crashPoints } from './rows/crash-points.ts';
import { disks } from './rows/disks.ts';
import { links } from './rows/links.ts';
import { duplicates, gap, reorder } from './rows/messages.ts';
import { backendsTerminated, commitCut, idleInTransaction, postgresKilled, readDatabaseKilled } from './rows/postgres.ts';
import { builderKilled, gatewayKilled, rollingRestart, writerKilled } from './rows/processes.ts';
import { overload } from './rows/overload.ts';
import { rebalanceStorm, relayKilledAfterSend, relayStopped } from './rows/relays.ts';
import { poisonRecord, rebuildKilled, retriedTwice } from './rows/read-side.ts';
import { ledgerRestored, readDatabaseRestored } from './rows/restores.ts';
import { slowStreamReader } from './rows/streams.ts';
import { twoWriters, writerStopped, writerStoppedAlone } from './rows/writers.ts';

/** All rows, in the order of the page: processes, databases, time and disks, the network, Kafka and its readers. */
export const FAULTS: readonly Fault[] = [
  gatewayKilled,
  writerKilled,
  ...crashPoints,
  writerStopped,
  writerStoppedAlone,
  twoWriters,
  builderKilled,
  rollingRestart,
  postgresKilled,
  backendsTerminated,
  commitCut,
  idleInTransaction,
  readDatabaseKilled,
  readDatabaseRestored,
  ledgerRestored,
  poisonRecord,
  retriedTwice,
  rebuildKilled,
  ...disks,
  databaseClockForward,
  databaseClockBack,
  servicesClockForward,
  servicesClockBack,
  ...links,
  brokerKilled,
  oneOfThreeBrokers,
  brokerLosesTail,
  brokerRestored,
  topicDeleted,
  duplicates,
  reorder,
  gap,
  relayKilledAfterSend,
  relayStopped,
  rebalanceStorm,
  overload,
  slowStreamReader,
];
