import { readFile } from 'node:fs/promises';
import type { RequestOptions } from 'node:https';
import { join } from 'node:path';
import type { KubeConfig } from '@kubernetes/client-node';

type DispatcherOptions = ReturnType<KubeConfig['createDispatcherOptions']>;

/** Where the API server is, and how it is told who asks. */
export interface Access {
  readonly server: string;
  /** Headers and TLS options of the next request. */
  credentials(): Promise<RequestOptions>;
  /** What connections with these TLS options are made of. */
  connections(tls: RequestOptions): DispatcherOptions;
  /** The server did not take them: the next ones are read afresh. */
  forget(): void;
}

export interface AccessOptions {
  KUBECONFIG?: string;
  KUBERNETES_SERVICE_HOST?: string;
  KUBERNETES_SERVICE_PORT?: string;
  SERVICE_ACCOUNT_FOLDER: string;
}

/**
 * The service account of the pod, unless there is a KUBECONFIG. Only then the client library is loaded (KUBECONFIG, else the file in the home folder): with all its types it
 * takes 50 MiB, a third of what the operator may have, and in a pod there is nothing for it to find out.
 */
export async function kubeAccess(options: AccessOptions): Promise<Access> {
  const { KUBECONFIG, KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port = '443', SERVICE_ACCOUNT_FOLDER: folder } = options;
  if (KUBECONFIG === undefined && host !== undefined) return new ServiceAccountAccess({ host, port, folder });
  const { KubeConfig: Loaded } = await import('@kubernetes/client-node');
  const config = new Loaded();
  config.loadFromDefault();
  return new KubeConfigAccess(config);
}

/** The files Kubernetes keeps in each pod. They are changed under us, the token each hour: read for each request, they are never old. */
export class ServiceAccountAccess implements Access {
  readonly server: string;
  private readonly folder: string;

  constructor({ host, port, folder }: { host: string; port: string; folder: string }) {
    this.server = `https://${host.includes(':') ? `[${host}]` : host}:${port}`;
    this.folder = folder;
  }

  async credentials(): Promise<RequestOptions> {
    const [token, ca] = await Promise.all([readFile(join(this.folder, 'token'), 'utf8'), readFile(join(this.folder, 'ca.crt'))]);
    return { headers: { authorization: `Bearer ${token.trim()}` }, ca };
  }

  connections({ ca }: RequestOptions): DispatcherOptions {
    return { type: 'agent', connect: { ca } };
  }

  forget(): void {}
}

/** Whatever the client library understands. It keeps a token file's token for a minute, and what a program answered until it says it ends. */
export class KubeConfigAccess implements Access {
  private config: KubeConfig;

  constructor(config: KubeConfig) {
    this.config = config;
  }

  get server(): string {
    const cluster = this.config.getCurrentCluster();
    if (cluster === null) throw new Error('the kubeconfig has no current cluster');
    return cluster.server.replace(/\/$/, '');
  }

  async credentials(): Promise<RequestOptions> {
    const options: RequestOptions = {};
    await this.config.applyToHTTPSOptions(options);
    if (typeof options.auth !== 'string') return options;
    return {
      ...options,
      headers: { ...(options.headers as Record<string, string>), authorization: `Basic ${Buffer.from(options.auth).toString('base64')}` },
    };
  }

  connections({ ca, cert, key, pfx, passphrase, rejectUnauthorized, servername }: RequestOptions): DispatcherOptions {
    const tls = { ca, cert, key, pfx, passphrase, rejectUnauthorized, servername };
    return this.config.createDispatcherOptions(this.config.getCurrentCluster(), tls);
  }

  forget(): void {
    const { clusters, users, contexts, currentContext } = this.config;
    const fresh = new (this.config.constructor as new () => KubeConfig)();
    fresh.loadFromOptions({ clusters, users, contexts, currentContext });
    this.config = fresh;
  }
}
