import { readFile } from 'node:fs/promises';
import { request } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Certificates } from '@ledgerflow/local/certificates';

export interface TlsFront {
  port: number;
  stop(): Promise<void>;
}

/** What ends TLS in front of a service on this machine, and passes on everything else as it comes. The certificate is one that browsers do not know. */
export async function startTlsFront(certificates: Certificates, name: string, port: number, targetPort: number): Promise<TlsFront> {
  const [key, cert] = await Promise.all([readFile(certificates.keyFile(name)), readFile(certificates.certFile(name))]);
  const server = createServer({ key, cert }, (incoming, answer) => {
    const { method, url: path, headers } = incoming;
    const outgoing = request({ host: '127.0.0.1', port: targetPort, method, path, headers }, (response) => {
      answer.writeHead(response.statusCode ?? 502, response.rawHeaders);
      response.pipe(answer);
    });
    outgoing.once('error', () => answer.destroy());
    incoming.pipe(outgoing);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
