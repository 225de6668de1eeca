import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type ClientReadableStream, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import {
  type Command,
  type ExecuteResponse,
  type GetAccountResponse,
  LedgerServiceClient,
  LedgerServiceService,
  type Principal,
  type ResolveTimeResponse,
} from '@ledgerflow/contracts/grpc';
import { ensureCertificates } from '@ledgerflow/local/certificates';
import { clientCredentials, type GrpcServer, readTls, serverCredentials, startGrpcServer } from '@ledgerflow/platform/grpc';
import { Health } from '@ledgerflow/platform/health';
import { silentLogger } from '@ledgerflow/platform/log';
import { GroupCommit } from '../application/group-commit.ts';
import { silentObserver } from '../application/observer.ts';
import { BATCH_OPTIONS_DEFAULT } from '../domain/batch.ts';
import type { CommandBody, CommandKind } from '../domain/definition.ts';
import { commandOf, say } from '../memory/fixtures.ts';
import { makeMemoryStore } from '../memory/store.ts';
import { CommitHub } from '../outbox/hub.ts';
import type { Rpc } from './callers.ts';
import { ledgerService } from './service.ts';

/**
 * Who may do what at the writer, written down here by hand: what the code declares is held against it, so that a changed declaration is seen. Every call is made over mTLS to the
 * service as it is.
 */
const GATEWAY_ONLY = ['execute', 'getAccount', 'resolveTime'];
const GATEWAY_AND_PROJECTORS = ['readStream', 'readLog', 'tailLog', 'getHeads'];
const SERVICES = ['admin-gateway', 'read-model-builder', 'search-sink', 'operator', 'ledger-writer', 'billing-consumer'];
const PROJECTORS = ['read-model-builder', 'search-sink'];
const READERS = ['viewer', 'operator', 'auditor', 'admin'];

const OPERATORS = ['operator', 'admin'];
const ADMINS = ['admin'];
const COMMANDS: Record<CommandKind, { roles: string[]; body: CommandBody; needsAllLedgers?: true }> = {
  openLedger: { roles: ADMINS, body: say.openLedger('USD'), needsAllLedgers: true },
  addCurrency: { roles: ADMINS, body: say.addCurrency('EUR') },
  openAccount: { roles: ADMINS, body: say.open(undefined, 'USD') },
  updateAccount: { roles: ADMINS, body: say.update('alice', { name: 'A' }) },
  freezeAccount: { roles: ADMINS, body: say.freeze('alice') },
  unfreezeAccount: { roles: ADMINS, body: say.unfreeze('alice') },
  closeAccount: { roles: ADMINS, body: say.close('alice') },
  deposit: { roles: OPERATORS, body: say.deposit('alice', '1', 'USD') },
  withdraw: { roles: OPERATORS, body: say.withdraw('alice', '1', 'USD') },
  transfer: { roles: OPERATORS, body: say.transfer('alice', 'bob', '1', 'USD') },
  postTransaction: { roles: OPERATORS, body: say.post([['alice', 'bob', '1', 'USD']]) },
  postBatch: { roles: OPERATORS, body: say.batch(say.post([['alice', 'bob', '1', 'USD']])) },
};

const ROLES: readonly string[][] = [[], ['viewer'], ['operator'], ['auditor'], ['admin'], ['root']];
const GRANTS: readonly string[][] = [[], ['own'], ['foreign'], ['*']];
const ADMIN: Principal = { id: 'admin', roles: ['admin'], ledgers: ['*'], source: 'test' };
const CALLERS: readonly Principal[] = ROLES.flatMap((roles) =>
  GRANTS.map((ledgers) => ({ id: 'someone', roles, ledgers, source: 'test' })),
);
const DEADLINE_MS = 10_000;
const NO_METADATA = new Metadata();

type Decision = 'allowed' | 'refused' | 'unauthenticated';

describe("the writer's access", () => {
  let folder: string;
  let server: GrpcServer;
  const stopping = new AbortController();
  const clients = new Map<string, LedgerServiceClient>();
  let keys = 0;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ledgerflow-access-'));
    const certificates = await ensureCertificates(folder, [...new Set(['ledger-writer', ...SERVICES])]);
    const tls = (service: string) =>
      readTls({
        TLS_CA_FILE: certificates.caFile,
        TLS_CERT_FILE: certificates.certFile(service),
        TLS_KEY_FILE: certificates.keyFile(service),
      });
    const { store, directory } = makeMemoryStore();
    const hub = new CommitHub();
    const groupCommit = new GroupCommit({
      store,
      committed: (...told) => hub.committed(...told),
      observer: silentObserver,
      batchOptions: BATCH_OPTIONS_DEFAULT,
      batchCountMax: 100,
      batchBytesMax: 1024 * 1024,
      queueCountMax: 1_000,
      queueBytesMax: 1024 * 1024,
      batchesInFlightMax: 4,
    });
    const heads = {
      readHeads: async ({ ledgers }: { ledgers?: readonly string[] }) => {
        const places = (await directory.list()).filter(({ ledger }) => ledgers === undefined || ledgers.includes(ledger));
        return Promise.all(places.map(async (location) => ({ location, head: (await store.readHead(location))! })));
      },
      readClock: async () => BigInt(Date.now()) * 1000n,
    };
    const requests = { observe: () => undefined };
    const implementation = ledgerService({
      directory,
      store,
      heads,
      groupCommit,
      hub,
      requests,
      log: silentLogger,
      stopping: stopping.signal,
    });
    server = await startGrpcServer({
      host: '127.0.0.1',
      port: 0,
      credentials: serverCredentials(tls('ledger-writer')),
      services: [{ definition: LedgerServiceService, implementation, name: 'ledger' }],
      health: new Health(),
    });
    for (const name of SERVICES) clients.set(name, new LedgerServiceClient(`localhost:${server.port}`, clientCredentials(tls(name))));
    for (const ledger of ['own', 'foreign']) {
      const bodies = [say.openLedger('USD'), say.open('alice', 'USD', { initialBalance: '100' }), say.open('bob', 'USD')];
      for (const body of bodies) expect(await execute('admin-gateway', ADMIN, ledger, body)).toBe('allowed');
    }
  });
  afterAll(async () => {
    for (const client of clients.values()) client.close();
    stopping.abort();
    await server?.stop(1_000);
    await rm(folder, { recursive: true, force: true });
  });

  const clientOf = (service: string): LedgerServiceClient => clients.get(service) as LedgerServiceClient;
  const deadline = () => ({ deadline: Date.now() + DEADLINE_MS });
  const ofStatus = (code: status): Decision => {
    if (code === status.PERMISSION_DENIED) return 'refused';
    if (code === status.UNAUTHENTICATED) return 'unauthenticated';
    if (code === status.OK) return 'allowed';
    throw new Error(`the call ended with ${status[code]}, which is no decision`);
  };
  const unary = <T>(start: (done: (error: ServiceError | null, response: T) => void) => unknown, codeOf: (response: T) => string) =>
    new Promise<Decision>((resolve, reject) => {
      start((error, response) => {
        try {
          resolve(error === null ? (codeOf(response) === 'forbidden' ? 'refused' : 'allowed') : ofStatus(error.code));
        } catch (undecided) {
          reject(undecided as Error);
        }
      });
    });
  /** A stream that sends something, or ends in order, is allowed. */
  const streamed = (stream: ClientReadableStream<unknown>) =>
    new Promise<Decision>((resolve, reject) => {
      stream.on('data', () => {
        resolve('allowed');
        stream.cancel();
      });
      stream.on('end', () => resolve('allowed'));
      stream.on('error', (error: ServiceError) => {
        try {
          if (error.code !== status.CANCELLED) resolve(ofStatus(error.code));
        } catch (undecided) {
          reject(undecided as Error);
        }
      });
    });

  function execute(service: string, principal: Principal | undefined, ledger: string, body: CommandBody): Promise<Decision> {
    const command: Command = commandOf(body, { ledger, idempotencyKey: `key-${++keys}` });
    const principals = principal === undefined ? [] : [principal];
    return unary<ExecuteResponse>(
      (done) => clientOf(service).execute({ principals, commands: [command] }, NO_METADATA, deadline(), done),
      ({ results }) => {
        const outcome = results[0]?.outcome;
        return outcome?.$case === 'failure' ? outcome.value.code : '';
      },
    );
  }

  const nothing = (): string => '';
  const CALLS: Record<Rpc, (service: string, principal: Principal | undefined, ledger: string) => Promise<Decision>> = {
    execute: (service, principal, ledger) => execute(service, principal, ledger, say.deposit('alice', '1', 'USD')),
    getAccount: (service, principal, ledger) =>
      unary<GetAccountResponse>(
        (done) => clientOf(service).getAccount({ principal, ledger, account: 'alice' }, NO_METADATA, deadline(), done),
        ({ code }) => code,
      ),
    resolveTime: (service, principal, ledger) =>
      unary<ResolveTimeResponse>(
        (done) => clientOf(service).resolveTime({ principal, ledger, time: 0n }, NO_METADATA, deadline(), done),
        ({ code }) => code,
      ),
    getHeads: (service, principal, ledger) =>
      unary(
        (done) => clientOf(service).getHeads({ principal, ledgers: [ledger], slots: [], recordedSince: 0n }, NO_METADATA, deadline(), done),
        nothing,
      ),
    readLog: (service, principal, ledger) =>
      streamed(clientOf(service).readLog({ principal, ledger, afterPosition: 0n, toPosition: 0n, limit: 1 }, NO_METADATA, deadline())),
    readStream: (service, principal, ledger) =>
      streamed(clientOf(service).readStream({ principal, ledger, account: 'alice', afterVersion: 0n, limit: 1 }, NO_METADATA, deadline())),
    tailLog: (service, principal, ledger) =>
      streamed(clientOf(service).tailLog({ principal, ledger, afterPosition: 0n, slots: [], cursors: [] }, NO_METADATA, deadline())),
  };
  const holds = ({ ledgers }: Principal, ledger: string): boolean => ledgers.includes(ledger) || ledgers.includes('*');

  it('is decided for every rpc of the contract', () =>
    expect(Object.keys(CALLS).sort()).toEqual([...GATEWAY_ONLY, ...GATEWAY_AND_PROJECTORS].sort()));

  it('lets the gateway read for those who may, and nobody else: rpcs × roles × grants', async () => {
    const wrong: string[] = [];
    let cases = 0;
    for (const rpc of [...GATEWAY_ONLY, ...GATEWAY_AND_PROJECTORS].filter((name) => name !== 'execute') as Rpc[]) {
      for (const principal of CALLERS) {
        const expected = principal.roles.some((role) => READERS.includes(role)) && holds(principal, 'own') ? 'allowed' : 'refused';
        const decided = await CALLS[rpc]('admin-gateway', principal, 'own');
        cases += 1;
        if (decided !== expected) wrong.push(`${rpc} for [${principal.roles.join()}] with [${principal.ledgers.join()}]: ${decided}`);
      }
      for (const unnamed of [undefined, { ...ADMIN, id: '' }]) {
        cases += 1;
        const decided = await CALLS[rpc]('admin-gateway', unnamed, 'own');
        if (decided !== 'unauthenticated') wrong.push(`${rpc} for nobody: ${decided}`);
      }
    }
    expect(wrong).toEqual([]);
    expect(cases).toBe(6 * (ROLES.length * GRANTS.length + 2));
  });

  it('lets the gateway command for those who may: commands × roles × grants', async () => {
    const wrong: string[] = [];
    let cases = 0;
    for (const [kind, { roles, body, needsAllLedgers = false }] of Object.entries(COMMANDS)) {
      for (const principal of CALLERS) {
        const isGranted = needsAllLedgers ? principal.ledgers.includes('*') : holds(principal, 'own');
        const expected = isGranted && principal.roles.some((role) => roles.includes(role)) ? 'allowed' : 'refused';
        const decided = await execute('admin-gateway', principal, 'own', body);
        cases += 1;
        if (decided !== expected) wrong.push(`${kind} for [${principal.roles.join()}] with [${principal.ledgers.join()}]: ${decided}`);
      }
    }
    expect(wrong).toEqual([]);
    expect(cases).toBe(12 * ROLES.length * GRANTS.length);
  });

  it('knows services by their certificate: rpcs × services, with a principal and without', async () => {
    const wrong: string[] = [];
    for (const rpc of Object.keys(CALLS) as Rpc[]) {
      for (const service of SERVICES.filter((name) => name !== 'admin-gateway')) {
        const reads = GATEWAY_AND_PROJECTORS.includes(rpc) && PROJECTORS.includes(service);
        for (const [principal, expected] of [
          [undefined, reads ? 'allowed' : 'refused'],
          // Nobody but the gateway speaks for people.
          [ADMIN, 'refused'],
        ] as const) {
          const decided = await CALLS[rpc](service, principal, 'own');
          if (decided !== expected) wrong.push(`${rpc} from ${service} for ${principal?.id ?? 'itself'}: ${decided}`);
        }
      }
    }
    expect(wrong).toEqual([]);
  });
});
