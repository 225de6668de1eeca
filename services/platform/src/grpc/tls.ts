import { readFileSync } from 'node:fs';
import { type ChannelCredentials, credentials, ServerCredentials, type ServerUnaryCall, type ServerWritableStream } from '@grpc/grpc-js';

export interface TlsFiles {
  TLS_CA_FILE: string;
  TLS_CERT_FILE: string;
  TLS_KEY_FILE: string;
}

export interface TlsMaterial {
  ca: Buffer;
  cert: Buffer;
  key: Buffer;
}

export function readTls(files: TlsFiles): TlsMaterial {
  return { ca: readFileSync(files.TLS_CA_FILE), cert: readFileSync(files.TLS_CERT_FILE), key: readFileSync(files.TLS_KEY_FILE) };
}

/** Mutual TLS: a caller without a certificate of our authority does not get past the handshake. */
export function serverCredentials(tls: TlsMaterial): ServerCredentials {
  return ServerCredentials.createSsl(tls.ca, [{ private_key: tls.key, cert_chain: tls.cert }], true);
}

export function clientCredentials(tls: TlsMaterial): ChannelCredentials {
  return credentials.createSsl(tls.ca, tls.key, tls.cert);
}

const IDENTITY = /(?:^|,\s*)URI:spiffe:\/\/ledgerflow\/([a-z0-9-]{1,64})(?:,|$)/;

/** The service a caller's certificate names (URI SAN spiffe://ledgerflow/<service>), or null. */
export function serviceIdentity(
  call: Pick<ServerUnaryCall<unknown, unknown> | ServerWritableStream<unknown, unknown>, 'getAuthContext'>,
): string | null {
  const certificate = call.getAuthContext().sslPeerCertificate;
  return IDENTITY.exec(certificate?.subjectaltname ?? '')?.[1] ?? null;
}
