import { normalizeDecimal, parseMicros, PROBLEMS, type ProblemCode } from '@ledgerflow/contracts';
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import type { TSchema } from 'typebox';
import { Problem } from '../http/problem.ts';

const decimalSign = (text: string): -1 | 0 | 1 | null => {
  const normal = normalizeDecimal(text);
  if (normal === null) return null;
  return normal === '0' ? 0 : normal.startsWith('-') ? -1 : 1;
};

/** What the names in `format` mean; everything that JSON Schema alone can not say about a text. */
const FORMATS: Readonly<Record<string, (text: string) => boolean>> = {
  amount: (text) => decimalSign(text) === 1,
  'amount-or-zero': (text) => (decimalSign(text) ?? -1) >= 0,
  'signed-amount': (text) => decimalSign(text) !== null,
  'rfc3339-micros': (text) => parseMicros(text) !== null,
  nfc: (text) => text === text.normalize('NFC'),
};

/** Knows the formats; schemas are those of the routes. */
export function createAjv(coerceTypes: boolean): Ajv {
  const ajv = new Ajv({ strict: false, verbose: true, coerceTypes });
  for (const [name, validate] of Object.entries(FORMATS)) ajv.addFormat(name, validate);
  return ajv;
}

const bodies = createAjv(false);
/** Query parameters are text: numbers and booleans among them are read from it. */
const queries = createAjv(true);

const KEYWORDS_OF_THE_PARENT = new Set(['required', 'additionalProperties']);

function toProblem(error: ErrorObject, whole: string): Problem {
  const path = error.instancePath.slice(1).replaceAll('/', '.').replaceAll('~1', '/').replaceAll('~0', '~');
  const member = (error.params['additionalProperty'] ?? error.params['missingProperty']) as string | undefined;
  const field = member === undefined ? path || whole : path === '' ? member : `${path}.${member}`;
  const detail =
    error.keyword === 'additionalProperties'
      ? 'The field is not known'
      : error.keyword === 'required'
        ? 'The field is required'
        : `The field ${error.message ?? 'is wrong'}`;
  const declared = KEYWORDS_OF_THE_PARENT.has(error.keyword) ? undefined : (error.parentSchema?.['x-problem'] as ProblemCode | undefined);
  return declared === undefined
    ? new Problem('invalid_request', { detail, field })
    : new Problem(declared, { detail: (error.parentSchema?.['x-detail'] as string | undefined) ?? PROBLEMS[declared].title, field });
}

export type Validate = (value: unknown) => void;

/** Compiles a schema once; the result throws the Problem of the first mistake. Query validators also coerce in place. */
export function compile(schema: TSchema, kind: 'body' | 'query'): Validate {
  const validate: ValidateFunction = (kind === 'body' ? bodies : queries).compile(schema);
  return (value) => {
    if (!validate(value)) throw toProblem(validate.errors![0]!, kind);
  };
}
