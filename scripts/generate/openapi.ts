import { join } from 'node:path';
import type { GeneratedFiles } from './files.ts';

const MODULE = join(import.meta.dirname, '../../services/admin-gateway/src/openapi.ts');

/** The OpenAPI 3.1 document as the gateway serves it, made from its routes. */
export async function openApiFile(): Promise<GeneratedFiles> {
  const { buildOpenApi } = (await import(MODULE)) as { buildOpenApi: () => unknown };
  return { 'docs/reference/openapi.json': `${JSON.stringify(buildOpenApi(), null, 2)}\n` };
}
