import { randomBytes, webcrypto } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { x509, type X509Certificate } from './x509.ts';

/** Where a development deployment's certificates are. */
export interface Certificates {
  caFile: string;
  certFile(service: string): string;
  keyFile(service: string): string;
}

const DAY_MS = 86_400_000;
const CA_DAYS = 3_650;
const SERVICE_DAYS = 365;
/** A certificate is replaced when it has less time left than this. */
export const RENEW_DAYS = 30;

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256' } as const;
const SIGNING = { name: 'ECDSA', hash: 'SHA-256' } as const;

interface Authority {
  certificate: X509Certificate;
  key: CryptoKey;
}

type CryptoKey = webcrypto.CryptoKey;
type CryptoKeyPair = webcrypto.CryptoKeyPair;

/** Written beside its place and moved there, so that a reader never finds half of it. */
async function writeAtomically(file: string, text: string, mode: number): Promise<void> {
  const draft = `${file}.${randomBytes(4).toString('hex')}`;
  await writeFile(draft, text, { mode });
  await rename(draft, file);
}

async function readCertificate(file: string): Promise<X509Certificate | null> {
  return readFile(file, 'utf8').then(
    (text) => new x509.X509Certificate(text),
    () => null,
  );
}

function lastsLonger(certificate: X509Certificate, now: Date): boolean {
  return certificate.notBefore <= now && certificate.notAfter.getTime() - now.getTime() > RENEW_DAYS * DAY_MS;
}

async function keyPem(key: CryptoKey): Promise<string> {
  return `${x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY')}\n`;
}

const generateKeys = async (): Promise<CryptoKeyPair> => webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
/** RFC 5280 4.1.2.2: positive and at most 20 octets. */
const serialNumber = (): string => `4${randomBytes(15).toString('hex')}`.padStart(32, '0');

async function readAuthority(dir: string, now: Date): Promise<Authority | null> {
  const certificate = await readCertificate(join(dir, 'ca.crt'));
  const pem = await readFile(join(dir, 'ca.key'), 'utf8').catch(() => null);
  if (certificate === null || pem === null || !lastsLonger(certificate, now)) return null;
  const key = await webcrypto.subtle.importKey('pkcs8', x509.PemConverter.decodeFirst(pem), ALGORITHM, true, ['sign']);
  return { certificate, key };
}

async function createAuthority(dir: string, now: Date): Promise<Authority> {
  const keys = await generateKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: 'CN=LedgerFlow development CA',
    notBefore: new Date(now.getTime() - DAY_MS),
    notAfter: new Date(now.getTime() + CA_DAYS * DAY_MS),
    signingAlgorithm: SIGNING,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  await writeAtomically(join(dir, 'ca.key'), await keyPem(keys.privateKey), 0o600);
  await writeAtomically(join(dir, 'ca.crt'), `${certificate.toString('pem')}\n`, 0o644);
  return { certificate, key: keys.privateKey };
}

async function issue(authority: Authority, service: string, now: Date): Promise<{ certificate: string; key: string }> {
  const keys = await generateKeys();
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: `CN=${service}`,
    issuer: authority.certificate.subject,
    notBefore: new Date(now.getTime() - DAY_MS),
    notAfter: new Date(now.getTime() + SERVICE_DAYS * DAY_MS),
    signingAlgorithm: SIGNING,
    publicKey: keys.publicKey,
    signingKey: authority.key,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth, x509.ExtendedKeyUsage.clientAuth]),
      new x509.SubjectAlternativeNameExtension([
        { type: 'url', value: `spiffe://ledgerflow/${service}` },
        { type: 'dns', value: 'localhost' },
        { type: 'ip', value: '127.0.0.1' },
      ]),
      await x509.AuthorityKeyIdentifierExtension.create(authority.certificate.publicKey),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificate: `${certificate.toString('pem')}\n`, key: await keyPem(keys.privateKey) };
}

/** Still good for a while and signed by this authority, with its key there. */
async function isCurrent(dir: string, service: string, authority: Authority, now: Date): Promise<boolean> {
  const certificate = await readCertificate(join(dir, `${service}.crt`));
  if (certificate === null || !lastsLonger(certificate, now)) return false;
  const keyIsThere = await readFile(join(dir, `${service}.key`)).then(
    () => true,
    () => false,
  );
  return keyIsThere && certificate.verify({ publicKey: authority.certificate.publicKey, signatureOnly: true });
}

/**
 * A development CA and a certificate for each service in `dir`, made if missing and renewed when they have less than 30 days left. A service's identity is its URI
 * SAN `spiffe://ledgerflow/<service>`; it serves on localhost and 127.0.0.1. Keys have mode 0600.
 */
export async function ensureCertificates(dir: string, services: readonly string[], now: Date = new Date()): Promise<Certificates> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const authority = (await readAuthority(dir, now)) ?? (await createAuthority(dir, now));
  for (const service of services) {
    if (await isCurrent(dir, service, authority, now)) continue;
    const { certificate, key } = await issue(authority, service, now);
    await writeAtomically(join(dir, `${service}.key`), key, 0o600);
    await writeAtomically(join(dir, `${service}.crt`), certificate, 0o644);
  }
  return {
    caFile: join(dir, 'ca.crt'),
    certFile: (service) => join(dir, `${service}.crt`),
    keyFile: (service) => join(dir, `${service}.key`),
  };
}
