/**
 * `npm run generate`: writes every file that is made from another one. With --check nothing is written: a difference is reported and exits 1.
 * A generated file is one line in GENERATORS.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cliFile } from './generate/cli.ts';
import { clientFiles } from './generate/client.ts';
import { configurationFiles } from './generate/configuration.ts';
import { crdFiles } from './generate/crds.ts';
import { dashboardAccess } from './generate/dashboard-access.ts';
import type { GeneratedFiles } from './generate/files.ts';
import { operatorReference } from './generate/operator.ts';
import { openApiFile } from './generate/openapi.ts';
import { protobufFiles } from './generate/protobuf.ts';
import { rbacFiles } from './generate/rbac.ts';
import { rolesReference } from './generate/roles.ts';
import { schemaFiles } from './generate/schemas.ts';

const GENERATORS: readonly (() => Promise<GeneratedFiles> | GeneratedFiles)[] = [
  protobufFiles,
  configurationFiles,
  openApiFile,
  clientFiles,
  cliFile,
  schemaFiles,
  crdFiles,
  operatorReference,
  rbacFiles,
  rolesReference,
  dashboardAccess,
];

const root = join(import.meta.dirname, '..');
const check = process.argv.includes('--check');
const stale: string[] = [];
for (const generate of GENERATORS) {
  for (const [path, content] of Object.entries(await generate())) {
    const file = join(root, path);
    let current: string | null = null;
    try {
      current = readFileSync(file, 'utf8');
    } catch {
      // A file that is not there yet differs.
    }
    if (current === content) continue;
    stale.push(path);
    if (check) continue;
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
}
if (stale.length > 0)
  console.log(`${check ? 'out of date, run npm run generate:' : 'written:'}\n${stale.map((path) => `  ${path}`).join('\n')}`);
process.exitCode = check && stale.length > 0 ? 1 : 0;
