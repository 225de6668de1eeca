import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parseAllDocuments } from 'yaml';
import { programPath } from '../../../k8s-operator/testing/control-plane/programs.ts';

const run = promisify(execFile);
export const CHART = join(import.meta.dirname, '..');
/** What has no default. */
export const REQUIRED = ['--set', 'gateway.tokenUrl=https://identity.example.com/token'];

export interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; labels?: Record<string, string>; annotations?: Record<string, string> };
  [more: string]: unknown;
}

/** What `helm template` makes of the values; throws with what it says of them. */
export async function render(...args: string[]): Promise<Manifest[]> {
  const { stdout } = await run(programPath('helm'), ['template', 'operator', CHART, '--namespace', 'ledgerflow', ...args]);
  // A key that is there twice is an error of the parser.
  return parseAllDocuments(stdout).map((document) => {
    const [problem] = document.errors;
    if (problem !== undefined) throw problem;
    return document.toJS() as Manifest;
  });
}

export function only(manifests: readonly Manifest[], kind: string, name?: string): Manifest {
  const [found, ...others] = manifests.filter((one) => one.kind === kind && (name === undefined || one.metadata.name === name));
  if (found === undefined || others.length > 0) throw new Error(`${kind} ${name ?? ''}: not exactly one`);
  return found;
}
