import { Compile } from 'typebox/compile';
import type { Static, TSchema } from 'typebox';

export type Parsed<T> = { ok: true; value: T } | { ok: false; problem: string };

const PROBLEMS_MAX = 5;
const compiled = new WeakMap<TSchema, ReturnType<typeof Compile>>();

/**
 * A value as its schema wants it, or what is wrong with it. The API server has held it against the same schema; but a custom resource definition may be changed, and what was
 * stored before is read as it is.
 */
export function parse<T extends TSchema>(schema: T, value: unknown): Parsed<Static<T>> {
  let validator = compiled.get(schema);
  if (validator === undefined) compiled.set(schema, (validator = Compile(schema)));
  if (validator.Check(value)) return { ok: true, value: value as Static<T> };
  const problems = validator.Errors(value).slice(0, PROBLEMS_MAX);
  return {
    ok: false,
    problem: problems.map(({ instancePath, message }) => `${instancePath.slice(1).replaceAll('/', '.') || 'it'} ${message}`).join('; '),
  };
}
