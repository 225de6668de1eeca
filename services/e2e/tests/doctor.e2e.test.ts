import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { runStatement } from '@ledgerflow/platform/postgres';
import { examine } from '../doctor/examine.ts';
import { installationOf } from '../doctor/installation.ts';
import { DATABASE_PASSWORD, Stack } from '../stack/stack.ts';
import { until } from '../stack/wait.ts';

const DOCTOR = join(import.meta.dirname, '../doctor/main.ts');

/** A fault in a database: how it is made, taken away, and told. */
interface Plant {
  database: 'ledger' | 'read' | 'audit';
  make: string;
  undo: string;
  says: RegExp;
  /** The builder would find it too, and stop the ledger. */
  isSeenByBuilder?: true;
}

const PLANTS: readonly Plant[] = [
  {
    database: 'audit',
    make: `alter role ledgerflow_audit_gateway password 'another'`,
    undo: `alter role ledgerflow_audit_gateway password '${DATABASE_PASSWORD}'`,
    says: /^fail connections database audit: no connection as ledgerflow_audit_gateway: password/,
  },
  {
    database: 'read',
    make: 'update public.schema_version set version = version + 100 where version = (select max(version) from public.schema_version)',
    undo: 'update public.schema_version set version = version - 100 where version > 100',
    says: /^fail migrations database read: lacks \d+\.do\.[\w.-]+\.sql$/,
  },
  {
    database: 'ledger',
    make: `insert into public.schema_version_ledger (version, name, md5, run_at) values (99, 'later', 'x', now())`,
    undo: 'delete from public.schema_version_ledger where version = 99',
    says: /^fail migrations database ledger main: has migrations that this version does not know: 99$/,
  },
  {
    database: 'audit',
    make: `update public.schema_version set md5 = 'x' || md5 where version = 1`,
    undo: 'update public.schema_version set md5 = substr(md5, 2) where version = 1',
    says: /^fail migrations database audit: ran another text of 001\.do\.audit\.sql$/,
  },
  {
    database: 'audit',
    make: 'grant delete on audit.actions to ledgerflow_audit_gateway',
    undo: 'revoke delete on audit.actions from ledgerflow_audit_gateway',
    says: /^fail roles database audit: ledgerflow_audit_gateway may DELETE on audit\.actions$/,
  },
  {
    database: 'ledger',
    make: 'grant update on ledger.records to public',
    undo: 'revoke update on ledger.records from public',
    says: /^fail roles database ledger main: ledgerflow_writer may UPDATE on ledger\.records$/,
  },
  {
    database: 'ledger',
    make: 'revoke insert on ledger.events from ledgerflow_writer',
    undo: 'grant insert on ledger.events to ledgerflow_writer',
    says: /^fail roles database ledger main: ledgerflow_writer may not INSERT on ledger\.events$/,
  },
  {
    database: 'ledger',
    make: 'alter table ledger.records disable trigger append_only',
    undo: 'alter table ledger.records enable trigger append_only',
    says: /^fail roles database ledger main: triggers that keep tables append-only are disabled: append_only on ledger\.records(,|$)/,
  },
  {
    database: 'ledger',
    make: 'alter table ledger.details enable replica trigger erasure_only',
    undo: 'alter table ledger.details enable trigger erasure_only',
    says: /^fail roles database ledger main: triggers that keep tables append-only are disabled: erasure_only on ledger\.details(,|$)/,
  },
  {
    database: 'audit',
    make: 'alter trigger append_only on audit.accesses rename to another',
    undo: 'alter trigger another on audit.accesses rename to append_only',
    says: /^fail roles database audit: triggers that keep tables append-only are missing: append_only on audit\.accesses$/,
  },
  {
    database: 'ledger',
    make: 'alter role ledgerflow_writer createrole',
    undo: 'alter role ledgerflow_writer nocreaterole',
    says: /^fail roles database ledger main: ledgerflow_writer may create roles$/,
  },
  {
    database: 'read',
    make: 'grant ledgerflow_read_owner to ledgerflow_read_gateway',
    undo: 'revoke ledgerflow_read_owner from ledgerflow_read_gateway',
    says: /^fail roles database read as gateway: ledgerflow_read_gateway is a member of the owner ledgerflow_read_owner$/,
  },
  {
    database: 'read',
    make: `update read.checkpoints set stopped_reason = 'the epoch does not fit' where id = 'doctored'`,
    undo: `update read.checkpoints set stopped_reason = null where id = 'doctored'`,
    says: /^fail lag read side: stopped: doctored \(the epoch does not fit\)$/,
  },
  {
    database: 'read',
    make: `update read.checkpoints set position = position + 7 where id = 'doctored'`,
    undo: `update read.checkpoints set position = position - 7 where id = 'doctored'`,
    says: /^fail lag read side: doctored is applied to position \d+ of epoch 1, its log ends at \d+ of epoch 1$/,
    isSeenByBuilder: true,
  },
  {
    database: 'read',
    make: `insert into read.dead_letters (ledger, position, accounts, error, record, parked_at)
             select ledger, 1, '{}', 'poison', '{}', now() - interval '2 hours' from read.checkpoints where id = 'doctored'`,
    undo: 'delete from read.dead_letters',
    says: /^fail lag dead letters: 1 records were refused, 0 wait behind them, some for more than an hour$/,
  },
];

describe('npm run doctor', () => {
  let stack: Stack;
  const databases = { ledger: 'ledgerflow_ledger', read: 'ledgerflow_read', audit: 'ledgerflow_audit' };
  const run = (database: Plant['database'], statement: string): Promise<void> =>
    runStatement(stack.postgres.superuserUrl(databases[database]), statement);

  /** The stack as an installation names its parts. */
  async function environment(over: Record<string, string> = {}): Promise<Record<string, string>> {
    const services = [...stack.writers, ...stack.builders, ...stack.gateways];
    return {
      LEDGERFLOW_URL: stack.url,
      LEDGERFLOW_TOKEN: await stack.issuer.token({ roles: ['auditor'] }),
      DIRECTORY_DATABASE_URL: stack.urls.ledger,
      LEDGER_CLUSTERS: `main=${stack.urls.ledger}`,
      READ_DATABASE_URL: stack.urls.read,
      READ_GATEWAY_DATABASE_URL: stack.urls.readGateway,
      AUDIT_DATABASE_URL: stack.urls.audit,
      WRITER_ADDRESSES: stack.writerAddresses.join(','),
      ...stack.tls('read-model-builder'),
      OPS_ADDRESSES: services.map(({ name, ports }) => `${name}=127.0.0.1:${ports['ops']}`).join(','),
      KAFKA_BROKERS: stack.kafka?.brokers.join(',') ?? '',
      SLOTS: '8',
      OIDC_ISSUER: stack.issuer.url,
      ...over,
    };
  }

  async function findings(over: Record<string, string> = {}): Promise<string[]> {
    const report = await examine(installationOf(await environment(over), 'a test'));
    return report.findings
      .filter(({ status }) => status !== 'ok')
      .map(({ status, check, subject, message }) => `${status} ${check} ${subject}: ${message}`);
  }
  /** Without what is so of any single broker. */
  const unexpected = async (over: Record<string, string> = {}): Promise<string[]> =>
    (await findings(over)).filter((finding) => !finding.startsWith('warn topics topic ledgerflow.records.v1: replication factor 1'));

  beforeAll(async () => {
    stack = await Stack.start({ kafka: true });
    const admin = await stack.client({ roles: ['admin'] });
    await admin.seed('doctored', { alice: '10.00', bob: '0' });
    await until('nothing is wrong', async () => (await unexpected()).length === 0);
  }, 120_000);
  afterAll(() => stack?.stop());

  it.each(PLANTS)('tells: $make', async ({ database, make, undo, says, isSeenByBuilder = false }) => {
    const builders = isSeenByBuilder ? stack.builders : [];
    for (const builder of builders) builder.signal('SIGSTOP');
    await run(database, make);
    try {
      expect(await unexpected()).toContainEqual(expect.stringMatching(says));
    } finally {
      await run(database, undo);
      for (const builder of builders) builder.signal('SIGCONT');
    }
    await until('nothing is wrong again', async () => (await unexpected()).length === 0, 5_000);
  });

  it('tells what does not fit in the environment', async () => {
    expect(await unexpected({ SLOTS: '9' })).toEqual([
      'fail topics topic ledgerflow.records.v1: has 8 partitions, SLOTS is 9',
      'fail lag outbox of database ledger main: has 8 slots, SLOTS is 9',
    ]);
    expect(await unexpected({ KAFKA_BROKERS: '127.0.0.1:1' })).toEqual([
      expect.stringMatching(/^fail topics Kafka: does not answer at 127\.0\.0\.1:1/),
    ]);
    expect(await unexpected({ AUDIT_DATABASE_URL: stack.urls.auditOwner })).toEqual([
      'fail connections database audit: connects as ledgerflow_audit_owner, not as ledgerflow_audit_gateway',
    ]);
    expect(await unexpected({ LEDGERFLOW_TOKEN: await stack.issuer.token({ roles: [] }) })).toEqual([
      'fail tokens token: its claim roles names no role',
    ]);
    expect(await unexpected({ OIDC_AUDIENCE: 'elsewhere' })).toEqual([expect.stringMatching(/^fail tokens token: is refused: .*aud/)]);
  });

  it('tells records that the read side lacks, services that do not answer, and ends with 1', async () => {
    await stack.builders[0]!.stop();
    const admin = await stack.client({ roles: ['admin'] });
    await admin.mustPost('/ledgers/doctored/transfers', { from: 'alice', to: 'bob', amount: '1.00', currency: 'USD' });
    await run(
      'ledger',
      `do $$ begin set local session_replication_role = replica;
         update ledger.records set recorded_at = recorded_at - interval '1 hour' where (ledger, position) in (select ledger, position from ledger.heads where id = 'doctored'); end $$`,
    );
    await stack.gateway.stop();
    await stack.writers[0]!.stop();
    const { PATH = '' } = process.env;
    const environmentOf: Record<string, string> = { PATH, ...(await environment()) };
    const { code, stdout } = await new Promise<{ code: unknown; stdout: string }>((resolve) =>
      execFile(process.execPath, [DOCTOR, '--json'], { env: environmentOf }, (error, output) =>
        resolve({ code: error?.code ?? 0, stdout: output }),
      ),
    );
    expect(code).toBe(1);
    const report = JSON.parse(stdout) as Awaited<ReturnType<typeof examine>>;
    const wrong = report.findings.filter(({ status }) => status === 'fail');
    expect(wrong.map(({ subject, message }) => `${subject}: ${message}`)).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^read side: 1 records are not applied, for 36\d\d\.\d s$/),
        expect.stringMatching(/^admin-gateway \(API\): does not answer at /),
        expect.stringMatching(/^ledger-writer \(gRPC .*: .*UNAVAILABLE|^ledger-writer \(gRPC .*DEADLINE/),
        expect.stringMatching(/^read-model-builder .*does not answer/),
      ]),
    );
    expect(wrong.every(({ advice }) => advice !== undefined)).toBe(true);
    expect(stdout).not.toContain(environmentOf['LEDGERFLOW_TOKEN']);
  });
});
