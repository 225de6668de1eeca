import { readFileSync } from 'node:fs';
import { X509Certificate } from 'node:crypto';
import { Metadata } from '@grpc/grpc-js';
import { clientCredentials, readTls, WriterChannels } from '@ledgerflow/platform/grpc';
import { ask, reasonOf } from '../ask.ts';
import type { Context } from '../context.ts';
import { fail, ok, type Result, skipped, warn } from '../finding.ts';
import type { Installation } from '../installation.ts';

const GRPC_DEADLINE_MS = 3_000;
const DAY_MS = 86_400_000;
const CERTIFICATE_DAYS_WARN = 14;

interface Readiness {
  status?: string;
  checks?: { name: string; ok: boolean; reason?: string; advisory?: true }[];
}

async function ofService(name: string, base: string): Promise<Result[]> {
  try {
    const { status, body } = await ask(`${base}/readyz`);
    const { checks = [], status: said } = (body ?? {}) as Readiness;
    if (said === undefined) return [fail(name, `/readyz answered ${status}`, 'see that this address is that of a service of LedgerFlow')];
    const wrong = checks.filter((check) => !check.ok);
    const why = (advisory: boolean): string =>
      wrong
        .filter((check) => (check.advisory === true) === advisory)
        .map((check) => check.reason ?? check.name)
        .join('; ');
    if (said !== 'ready') return [fail(name, `is not ready: ${why(false)}`, 'put right what it names; its log has more')];
    if (wrong.length > 0) return [warn(name, `is ready, but ${why(true)}`, 'put right what it names; its log has more')];
    return [ok(name, 'is ready')];
  } catch (error) {
    return [fail(name, `does not answer at ${base}: ${reasonOf(error)}`, 'start the service, or correct its address')];
  }
}

/** The gateway sees the same: a call over mutual TLS, answered from the database. */
async function ofWriter(address: string, installation: Installation): Promise<Result> {
  const subject = `ledger-writer (gRPC ${address})`;
  if (installation.tls === null)
    return skipped(subject, 'is not asked without a certificate', 'set TLS_CA_FILE, TLS_CERT_FILE and TLS_KEY_FILE');
  let channels: WriterChannels | null = null;
  try {
    channels = new WriterChannels({ addresses: address, credentials: clientCredentials(readTls(installation.tls)) });
    const client = channels.any();
    await new Promise<void>((resolve, reject) => {
      const request = { principal: undefined, ledgers: [], slots: [0], recordedSince: BigInt(Date.now()) * 1_000n };
      client.getHeads(request, new Metadata(), { deadline: Date.now() + GRPC_DEADLINE_MS }, (error) =>
        error === null ? resolve() : reject(error),
      );
    });
    return ok(subject, 'answers');
  } catch (error) {
    return fail(
      subject,
      reasonOf(error),
      'see that the writer runs, its log, and that its certificate is of the same authority as TLS_CA_FILE',
    );
  } finally {
    channels?.close();
  }
}

/** For how long a certificate is good. */
export function judgeCertificate(subject: string, validFromMs: number, validToMs: number, nowMs: number): Result {
  const days = Math.floor((validToMs - nowMs) / DAY_MS);
  const advice = 'issue it anew and restart the services that use it';
  if (nowMs < validFromMs)
    return fail(subject, `is valid from ${new Date(validFromMs).toISOString()} on only`, 'see the clocks, or issue it anew');
  if (nowMs >= validToMs) return fail(subject, `expired at ${new Date(validToMs).toISOString()}`, advice);
  if (days < CERTIFICATE_DAYS_WARN) return warn(subject, `expires in ${days} days`, advice);
  return ok(subject, `is valid for ${days} days`);
}

function ofCertificates({ tls }: Installation, nowMs: number): Result[] {
  if (tls === null) return [];
  return (['TLS_CA_FILE', 'TLS_CERT_FILE'] as const).map((name) => {
    try {
      const { validFromDate, validToDate } = new X509Certificate(readFileSync(tls[name]));
      return judgeCertificate(`certificate ${name}`, validFromDate.getTime(), validToDate.getTime(), nowMs);
    } catch (error) {
      return fail(`certificate ${name}`, `cannot be read: ${reasonOf(error)}`, `let ${name} name a PEM file that this user may read`);
    }
  });
}

/** Databases as their roles, services, writers by gRPC, certificates. Kafka is the check `topics`. */
export async function connections({ installation, databases, nowMs }: Context): Promise<Result[]> {
  const { apiUrl, operations, writers } = installation;
  const parts: (Promise<Result[]> | Result[])[] = [
    databases.map(({ name, role }) => ok(name, `answers ${role}`)),
    installation.absent.map(({ name, variable }) => skipped(name, 'is not known', `set ${variable}`)),
    apiUrl === null
      ? [skipped('admin-gateway (API)', 'its address is not known', 'set LEDGERFLOW_URL')]
      : ofService('admin-gateway (API)', apiUrl),
    operations.length === 0 ? [skipped('services', 'their operations servers are not known', 'set OPS_ADDRESSES')] : [],
    ...operations.map(({ name, address }) => ofService(`${name} (${address})`, `http://${address}`)),
    writers.length === 0
      ? [skipped('ledger-writer (gRPC)', 'its addresses are not known', 'set WRITER_ADDRESSES')]
      : Promise.all(writers.map((address) => ofWriter(address, installation))),
    ofCertificates(installation, nowMs()),
  ];
  return (await Promise.all(parts.map((part) => Promise.resolve(part)))).flat();
}
