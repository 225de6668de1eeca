import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';

const KUBE_CONFIG_MODE = 0o600;

/** Somebody the API server knows. */
export interface User {
  /** As in the audit log. */
  name: string;
  token: string;
  kubeConfig: KubeConfig;
  /** The same for another process (KUBECONFIG). */
  kubeConfigFile: string;
}

/** The users that exist from the start, by their token. Kubernetes itself binds the roles of those that begin with "system:". */
export const STATIC_USERS = ['admin', 'kwok', 'system:kube-controller-manager', 'system:kube-scheduler'] as const;
export type StaticUser = (typeof STATIC_USERS)[number];
const ADMINS: readonly StaticUser[] = ['admin', 'kwok'];

export type Tokens = Record<StaticUser, string>;

export function newTokens(): Tokens {
  return Object.fromEntries(STATIC_USERS.map((user) => [user, randomBytes(24).toString('hex')])) as Tokens;
}

/** The file of --token-auth-file: token, name, uid, groups. */
export function tokenFile(tokens: Tokens): string {
  return STATIC_USERS.map((user) => `${tokens[user]},${user},${user},"${ADMINS.includes(user) ? 'system:masters' : ''}"\n`).join('');
}

/** `authority` is the PEM of the server's certificate authority. */
export async function writeUser(folder: string, name: string, token: string, url: string, authority: string): Promise<User> {
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromOptions({
    clusters: [{ name: 'test', server: url, caData: Buffer.from(authority).toString('base64') }],
    users: [{ name, token }],
    contexts: [{ name: 'test', cluster: 'test', user: name }],
    currentContext: 'test',
  });
  const kubeConfigFile = join(folder, `${name.replaceAll(/[^A-Za-z0-9-]/g, '_')}.kubeconfig`);
  await writeFile(kubeConfigFile, kubeConfig.exportConfig(), { mode: KUBE_CONFIG_MODE });
  return { name, token, kubeConfig, kubeConfigFile };
}
