import { readAnswers } from './contract/examples.ts';
import { openApiOf } from './contract/openapi.ts';
import { ROUTES } from './routes/index.ts';
import { VERSION } from './version.ts';

/** The API's document, as /openapi.json serves it; for the generated reference and clients. */
export function buildOpenApi(): Record<string, unknown> {
  return openApiOf(ROUTES, VERSION, readAnswers());
}
