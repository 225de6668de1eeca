import { join } from 'node:path';
import type { GeneratedFiles } from './files.ts';

const MODULE = join(import.meta.dirname, '../../services/cli/src/reference.ts');

/** The reference of the command line, from its tree of commands. */
export async function cliFile(): Promise<GeneratedFiles> {
  const { cliReference } = (await import(MODULE)) as { cliReference: () => string };
  return { 'docs/reference/cli.md': cliReference() };
}
