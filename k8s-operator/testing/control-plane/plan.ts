import { generateKeyPairSync } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AUDIT_POLICY } from './audit.ts';
import { programPath } from './programs.ts';
import type { ServicePlan } from './service.ts';
import { tokenFile } from './users.ts';
import type { Tokens } from './users.ts';

export interface Ports {
  etcd: number;
  etcdPeer: number;
  api: number;
}

/** Where one control plane has its files. */
export interface Layout {
  dir: string;
  ports: Ports;
  /** The server's certificate followed by the authority that signed it. */
  authorityFile: string;
  auditFile: string;
}

const HOST = '127.0.0.1';
const RSA_BITS = 2_048;
const SECRET_MODE = 0o600;
/** By default these clients hold themselves back to 20 requests a second, which is less than hundreds of Jobs at once need. */
const FAST_CLIENT = ['--kube-api-qps=300', '--kube-api-burst=600'];

export const layoutOf = (dir: string, ports: Ports): Layout => ({
  dir,
  ports,
  authorityFile: join(dir, 'certificates', 'apiserver.crt'),
  auditFile: join(dir, 'audit.log'),
});

export async function prepareFiles({ dir }: Layout, tokens: Tokens): Promise<void> {
  await mkdir(join(dir, 'certificates'), { recursive: true });
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: RSA_BITS });
  await writeFile(join(dir, 'service-accounts.key'), privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: SECRET_MODE });
  await writeFile(join(dir, 'service-accounts.pub'), publicKey.export({ type: 'spki', format: 'pem' }));
  await writeFile(join(dir, 'tokens.csv'), tokenFile(tokens), { mode: SECRET_MODE });
  await writeFile(join(dir, 'audit-policy.json'), JSON.stringify(AUDIT_POLICY));
}

export function etcdPlan({ dir, ports }: Layout): ServicePlan {
  const client = `http://${HOST}:${ports.etcd}`;
  const peer = `http://${HOST}:${ports.etcdPeer}`;
  return {
    name: 'etcd',
    command: programPath('etcd'),
    cwd: dir,
    args: [
      '--name=test',
      `--data-dir=${join(dir, 'etcd')}`,
      `--listen-client-urls=${client}`,
      `--advertise-client-urls=${client}`,
      `--listen-peer-urls=${peer}`,
      `--initial-advertise-peer-urls=${peer}`,
      `--initial-cluster=test=${peer}`,
      // The data is thrown away; nobody kills etcd and looks whether it is there again.
      '--unsafe-no-fsync',
      '--log-level=warn',
    ],
    isReady: async () =>
      fetch(`${client}/health`).then(
        async (answer) => ((await answer.json()) as { health?: string }).health === 'true',
        () => false,
      ),
  };
}

export interface ApiServerOptions {
  /** Without it a watch is answered by etcd itself, and the oldest version it may begin at is etcd's. */
  watchCache: boolean;
  /** Pods need the service account that the controller-manager makes. */
  serviceAccounts: boolean;
}

export function apiServerPlan(layout: Layout, options: ApiServerOptions, isReady: () => Promise<boolean>): ServicePlan {
  const { dir, ports } = layout;
  return {
    name: 'kube-apiserver',
    command: programPath('kube-apiserver'),
    cwd: dir,
    args: [
      `--etcd-servers=http://${HOST}:${ports.etcd}`,
      `--bind-address=${HOST}`,
      `--secure-port=${ports.api}`,
      `--cert-dir=${join(dir, 'certificates')}`,
      '--service-cluster-ip-range=10.96.0.0/16',
      '--endpoint-reconciler-type=none',
      `--token-auth-file=${join(dir, 'tokens.csv')}`,
      '--authorization-mode=RBAC',
      '--service-account-issuer=https://kubernetes.default.svc',
      `--service-account-signing-key-file=${join(dir, 'service-accounts.key')}`,
      `--service-account-key-file=${join(dir, 'service-accounts.pub')}`,
      `--audit-policy-file=${join(dir, 'audit-policy.json')}`,
      `--audit-log-path=${layout.auditFile}`,
      // An answered request is in the log.
      '--audit-log-mode=blocking',
      `--watch-cache=${options.watchCache}`,
      ...(options.serviceAccounts ? [] : ['--disable-admission-plugins=ServiceAccount']),
    ],
    isReady,
  };
}

export function controllerManagerPlan({ dir }: Layout, kubeConfigFile: string, isReady: () => Promise<boolean>): ServicePlan {
  return {
    name: 'kube-controller-manager',
    command: programPath('kube-controller-manager'),
    cwd: dir,
    args: [
      `--kubeconfig=${kubeConfigFile}`,
      '--secure-port=0',
      '--leader-elect=false',
      '--use-service-account-credentials=true',
      `--service-account-private-key-file=${join(dir, 'service-accounts.key')}`,
      '--controllers=*,-nodeipam,-route,-service-lb-controller',
      ...FAST_CLIENT,
    ],
    isReady,
  };
}

export function schedulerPlan({ dir }: Layout, kubeConfigFile: string): ServicePlan {
  return {
    name: 'kube-scheduler',
    command: programPath('kube-scheduler'),
    cwd: dir,
    args: [`--kubeconfig=${kubeConfigFile}`, '--secure-port=0', '--leader-elect=false', ...FAST_CLIENT],
    isReady: async () => true,
  };
}

const STAGES = [
  'node/fast/node-initialize.yaml',
  'node/heartbeat-with-lease/node-heartbeat-with-lease.yaml',
  'pod/fast/pod-ready.yaml',
  'pod/fast/pod-delete.yaml',
];
const FINISH_STAGE = 'pod/fast/pod-complete.yaml';

/** kwok plays the kubelet of every node: pods run as soon as they are bound, and pods of Jobs finish, unless they are left to the test. */
export async function kwokPlan(
  { dir }: Layout,
  kubeConfigFile: string,
  finishesJobs: boolean,
  isReady: () => Promise<boolean>,
): Promise<ServicePlan> {
  const config = join(dir, 'kwok.yaml');
  const stages = [...STAGES, ...(finishesJobs ? [FINISH_STAGE] : [])];
  const texts = await Promise.all(stages.map((stage) => readFile(join(programPath('kwok-stages'), stage), 'utf8')));
  await writeFile(config, texts.join('\n---\n'));
  return {
    name: 'kwok',
    command: programPath('kwok'),
    cwd: dir,
    args: [`--kubeconfig=${kubeConfigFile}`, `--config=${config}`, '--manage-all-nodes=true', '--node-port=0'],
    isReady,
  };
}

/** The authority's PEM, once the API server has made it. */
export async function readAuthority({ authorityFile }: Layout): Promise<string | null> {
  return readFile(authorityFile, 'utf8').catch(() => null);
}
