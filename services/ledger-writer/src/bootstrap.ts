import { loadConfig } from '@ledgerflow/platform/config';
import { createKafka } from '@ledgerflow/platform/kafka';
import { createLogger } from '@ledgerflow/platform/log';
import { ensureDatabase, ensureRole, migrate, parseDatabaseUrl, runStatement } from '@ledgerflow/platform/postgres';
import { BOOTSTRAP_CONFIG } from './config.ts';
import { ensureRecordsTopic } from './outbox/index.ts';
import { parseClusters } from './postgres/cluster.ts';
import { DIRECTORY_MIGRATIONS, LEDGER_MIGRATIONS, SERVICE_ROLE, VERIFIER_ROLE } from './postgres/migrations.ts';

/** Creates databases, owner and service roles, tables and the records topic; as often as you like. */
const config = loadConfig(BOOTSTRAP_CONFIG);
const log = createLogger(BOOTSTRAP_CONFIG.service, config.LOG_LEVEL);
const byName = (text: string | undefined): Map<string, string> =>
  new Map((text === undefined ? [] : parseClusters(text)).map(({ name, url }) => [name, url]));

const verifier = config.LEDGER_VERIFIER_DATABASE_URL === undefined ? null : parseDatabaseUrl(config.LEDGER_VERIFIER_DATABASE_URL);
if (verifier !== null && verifier.user !== VERIFIER_ROLE)
  throw new Error(`the verifier's role must be ${VERIFIER_ROLE}: the migrations grant its rights to that name`);

interface Place {
  admin: string;
  owner: string;
  service: string;
  migrations: { set: string; directory: string };
}

async function prepare({ admin, owner, service, migrations }: Place): Promise<void> {
  const [ownerRole, serviceRole] = [parseDatabaseUrl(owner), parseDatabaseUrl(service)];
  if (serviceRole.user !== SERVICE_ROLE)
    throw new Error(`the service's role must be ${SERVICE_ROLE}: the migrations grant its rights to that name`);
  if (ownerRole.user === SERVICE_ROLE) throw new Error('owner and service must be two roles');
  if (ownerRole.database !== serviceRole.database)
    throw new Error(`owner and service name two databases: ${ownerRole.database} and ${serviceRole.database}`);
  await ensureRole(admin, ownerRole);
  await ensureRole(admin, serviceRole);
  if (verifier !== null) await ensureRole(admin, verifier);
  await ensureDatabase(admin, ownerRole.database, ownerRole.user);
  await migrate({ url: owner, ...migrations, log });
  // The migration ran before there was such a role, if this is an older deployment.
  if (verifier !== null) await runStatement(owner, `select ${migrations.set}.grant_verifier()`);
}

const admins = byName(config.ADMIN_CLUSTERS);
const services = byName(config.LEDGER_CLUSTERS);
const first = { admin: config.ADMIN_DATABASE_URL, owner: config.LEDGER_OWNER_DATABASE_URL, service: config.LEDGER_DATABASE_URL };
await prepare({ ...first, migrations: LEDGER_MIGRATIONS });
await prepare({
  admin: config.ADMIN_DATABASE_URL,
  owner: config.DIRECTORY_OWNER_DATABASE_URL ?? first.owner,
  service: config.DIRECTORY_DATABASE_URL ?? first.service,
  migrations: DIRECTORY_MIGRATIONS,
});
for (const [name, owner] of byName(config.LEDGER_OWNER_CLUSTERS)) {
  const service = services.get(name);
  if (service === undefined) throw new Error(`LEDGER_OWNER_CLUSTERS has cluster ${name}, LEDGER_CLUSTERS has not`);
  await prepare({ admin: admins.get(name) ?? config.ADMIN_DATABASE_URL, owner, service, migrations: LEDGER_MIGRATIONS });
}
if (config.KAFKA_BROKERS !== undefined) {
  const kafka = createKafka({ brokers: config.KAFKA_BROKERS.split(','), clientId: 'ledger-writer-bootstrap', log });
  await ensureRecordsTopic(kafka.admin(), config.SLOTS);
}
log.info('databases, roles, tables and topics are there');
