import { execFileSync } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { GeneratedFiles } from './files.ts';

const CONTRACTS = join(import.meta.dirname, '../../services/contracts');

/** TypeScript of the protobuf contract (by buf and ts-proto) and its descriptor set, which gRPC reflection serves. */
export function protobufFiles(): GeneratedFiles {
  const folder = mkdtempSync(join(tmpdir(), 'ledgerflow-generate-'));
  try {
    execFileSync('buf', ['lint'], { cwd: CONTRACTS, stdio: ['ignore', 'inherit', 'inherit'] });
    execFileSync('buf', ['generate', '--output', folder], { cwd: CONTRACTS, stdio: ['ignore', 'inherit', 'inherit'] });
    const generated = globSync('src/gen/**/*.ts', { cwd: folder });
    return Object.fromEntries(generated.map((path) => [`services/contracts/${path}`, readFileSync(join(folder, path), 'utf8')]));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
