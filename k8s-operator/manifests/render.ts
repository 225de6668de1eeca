/** `npm run manifests`: the chart as plain manifests, for `kubectl apply` without helm. */
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ensurePrograms, programPath } from '../testing/control-plane/programs.ts';

const run = promisify(execFile);
export const CHART = join(import.meta.dirname, '../../helm/k8s-operator');
export const INSTALL_FILE = join(import.meta.dirname, 'install.yaml');
const NOTE = `# Generated from helm/k8s-operator by npm run manifests. Before it is applied: \`kubectl create namespace ledgerflow\`, the secrets that the chart's README names,
# and the addresses of the gateway and the identity provider (GATEWAY_URL, TOKEN_URL).
`;

export async function installManifest(): Promise<string> {
  await ensurePrograms(['helm']);
  const args = [
    'template',
    'ledgerflow-operator',
    CHART,
    '--namespace',
    'ledgerflow',
    '--values',
    join(import.meta.dirname, 'values.yaml'),
  ];
  const { stdout } = await run(programPath('helm'), args);
  return NOTE + stdout;
}

if (import.meta.main) await writeFile(INSTALL_FILE, await installManifest());
