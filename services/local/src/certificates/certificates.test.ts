import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureCertificates, RENEW_DAYS } from './index.ts';

const DAY_MS = 86_400_000;
const SERVICE = 'ledger-writer';
let dir: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'certificates-'));
});
afterAll(async () => rm(dir, { recursive: true, force: true }));

const load = async (file: string): Promise<X509Certificate> => new X509Certificate(await readFile(file));

describe('development certificates', () => {
  it('are signed by the CA and name the service', async () => {
    const paths = await ensureCertificates(dir, [SERVICE]);
    const ca = await load(paths.caFile);
    const certificate = await load(paths.certFile(SERVICE));
    expect(ca.ca).toBe(true);
    expect(certificate.verify(ca.publicKey)).toBe(true);
    expect(certificate.checkIssued(ca)).toBe(true);
    expect(certificate.subjectAltName?.split(', ').sort()).toEqual([
      'DNS:localhost',
      'IP Address:127.0.0.1',
      `URI:spiffe://ledgerflow/${SERVICE}`,
    ]);
    expect(certificate.checkPrivateKey(createPrivateKey(await readFile(paths.keyFile(SERVICE))))).toBe(true);
    expect((await stat(paths.keyFile(SERVICE))).mode & 0o777).toBe(0o600);
    expect((await stat(join(dir, 'ca.key'))).mode & 0o777).toBe(0o600);
  });

  it('stay as they are while they last, and others join under the same CA', async () => {
    const before = await load((await ensureCertificates(dir, [SERVICE])).certFile(SERVICE));
    const paths = await ensureCertificates(dir, [SERVICE, 'operator']);
    expect((await load(paths.certFile(SERVICE))).fingerprint256).toBe(before.fingerprint256);
    expect((await load(paths.certFile('operator'))).verify((await load(paths.caFile)).publicKey)).toBe(true);
  });

  it('are renewed 30 days before they end', async () => {
    const paths = await ensureCertificates(dir, [SERVICE]);
    const before = await load(paths.certFile(SERVICE));
    const ca = await load(paths.caFile);
    await ensureCertificates(dir, [SERVICE], new Date(Date.parse(before.validTo) - (RENEW_DAYS + 1) * DAY_MS));
    expect((await load(paths.certFile(SERVICE))).fingerprint256).toBe(before.fingerprint256);
    await ensureCertificates(dir, [SERVICE], new Date(Date.parse(before.validTo) - (RENEW_DAYS - 1) * DAY_MS));
    const renewed = await load(paths.certFile(SERVICE));
    expect(renewed.fingerprint256).not.toBe(before.fingerprint256);
    expect((await load(paths.caFile)).fingerprint256).toBe(ca.fingerprint256);
  });
});
