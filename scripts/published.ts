/**
 * The package.json of a workspace as its tarball has it. In the checkout a package is its TypeScript sources, which Node.js does not run below node_modules; its
 * tarball holds what was built. `apply` (prepack) puts the fields of `publishConfig` in place, `restore` (postpack) takes it back. Run in the package's folder.
 */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';

const FILE = 'package.json';
const KEPT = 'package.json.checkout';
/** Of no meaning outside the checkout. */
const INTERNAL = ['private', 'publishConfig', 'scripts', 'devDependencies'];

function restore(): void {
  if (existsSync(KEPT)) renameSync(KEPT, FILE);
}

function apply(): void {
  // Left by a pack that was killed.
  restore();
  const text = readFileSync(FILE, 'utf8');
  const manifest = JSON.parse(text) as Record<string, unknown> & { publishConfig?: Record<string, unknown> };
  const published: Record<string, unknown> = { ...manifest, ...manifest.publishConfig };
  for (const name of INTERNAL) delete published[name];
  writeFileSync(KEPT, text);
  writeFileSync(FILE, `${JSON.stringify(published, null, 2)}\n`);
}

const [action] = process.argv.slice(2);
if (action === 'apply') apply();
else if (action === 'restore') restore();
else throw new Error('apply or restore');
