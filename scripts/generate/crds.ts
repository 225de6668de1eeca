import { join } from 'node:path';
import type { GeneratedFiles } from './files.ts';

const MODULE = join(import.meta.dirname, '../../k8s-operator/src/api/v1alpha1/crd.ts');
const FOLDER = 'helm/k8s-operator/files/crds';

/** The custom resource definitions, from the schemas that the operator's types come from. */
export async function crdFiles(): Promise<GeneratedFiles> {
  const { definitions } = (await import(MODULE)) as { definitions: () => Record<string, string> };
  const files = Object.entries(definitions()).map(([plural, yaml]) => [
    `${FOLDER}/${plural}.yaml`,
    `# Generated from k8s-operator/src/api/v1alpha1 by npm run generate.\n${yaml}`,
  ]);
  return Object.fromEntries(files) as GeneratedFiles;
}
