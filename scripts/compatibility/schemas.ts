/** Which values that one JSON Schema allowed another does not, by whose side would stumble: of a request what clients send, of an answer what they get. */
import { isDeepStrictEqual } from 'node:util';
import { ANNOTATIONS, type Form, formsOf, isOfType, type Json, list, object, resolved, Unknown } from './forms.ts';

export interface Comparison {
  direction: 'request' | 'answer';
  /** The documents that references are of. */
  before: Json;
  after: Json;
  depth?: number;
}

const DEPTH_MAX = 50;
/** Keywords of a bound, an exclusive one last; `sign` of a lower one is 1. */
const BOUNDS = [
  { names: ['minimum', 'exclusiveMinimum'], sign: 1 },
  { names: ['maximum', 'exclusiveMaximum'], sign: -1 },
  ...['minLength', 'minItems', 'minProperties'].map((name) => ({ names: [name], sign: 1 })),
  ...['maxLength', 'maxItems', 'maxProperties'].map((name) => ({ names: [name], sign: -1 })),
];

interface Bound {
  name: string;
  value: number;
}

/** The tightest of the bounds; null: none. */
function boundOf(rules: Json, names: readonly string[], sign: number): Bound | null {
  const bounds = names.flatMap((name): Bound[] => (typeof rules[name] === 'number' ? [{ name, value: rules[name] }] : []));
  return bounds.toSorted((a, b) => sign * (b.value - a.value) || b.name.length - a.name.length)[0] ?? null;
}

function isTighter(bound: Bound, than: Bound | null, sign: number): boolean {
  if (than === null || bound.value !== than.value) return than === null || sign * bound.value > sign * than.value;
  return bound.name.startsWith('exclusive') && !than.name.startsWith('exclusive');
}

/** What is allowed by the narrow one has to be allowed by the wide one. */
function compareRules(at: string, narrow: Json, wide: Json, direction: Comparison['direction']): string[] {
  const found: string[] = [];
  for (const name of ['pattern', 'format', 'multipleOf', 'uniqueItems'])
    if (wide[name] !== undefined && !isDeepStrictEqual(wide[name], narrow[name])) found.push(`${at} has another ${name}`);
  for (const { names, sign } of BOUNDS) {
    const bound = boundOf(wide, names, sign);
    const isHigher = (sign === 1) === (direction === 'request');
    if (bound !== null && isTighter(bound, boundOf(narrow, names, sign), sign))
      found.push(`${at} has a ${isHigher ? 'higher' : 'lower'} ${bound.name}`);
  }
  return found;
}

function compareOtherMembers(at: string, before: Json, after: Json, comparison: Comparison): string[] {
  const isRequest = comparison.direction === 'request';
  const [old, now] = [before['additionalProperties'] ?? (isRequest ? true : undefined), after['additionalProperties'] ?? true];
  // Answers may grow: only what was said of further members is promised.
  if (old === undefined || old === false) return [];
  if (now === false) return [`${at} no longer ${isRequest ? 'takes' : 'has'} other members`];
  return compareSchemas(`${at}.*`, old, now, comparison);
}

function compareMembers(at: string, before: Json, after: Json, comparison: Comparison): string[] {
  const found: string[] = [];
  const isRequest = comparison.direction === 'request';
  const [oldMembers, newMembers] = [object(before['properties']), object(after['properties'])];
  for (const [name, schema] of Object.entries(oldMembers))
    if (newMembers[name] === undefined) found.push(`${at}.${name} is gone`);
    else found.push(...compareSchemas(`${at}.${name}`, schema, newMembers[name], comparison));
  if (isRequest)
    for (const [name, schema] of Object.entries(newMembers))
      if (oldMembers[name] === undefined && before['additionalProperties'] !== false)
        found.push(...compareSchemas(`${at}.${name}`, before['additionalProperties'] ?? true, schema, comparison));
  const [needed, there] = (isRequest ? [after, before] : [before, after]).map((rules) => list(rules['required'])) as [unknown[], unknown[]];
  for (const name of needed) if (!there.includes(name)) found.push(`${at}.${String(name)} ${isRequest ? 'is required' : 'may be absent'}`);
  found.push(...compareOtherMembers(at, before, after, comparison));
  if (before['propertyNames'] === undefined && after['propertyNames'] === undefined) return found;
  const names = (rules: Json): Json => ({ type: 'string', ...object(rules['propertyNames']) });
  return [...found, ...compareSchemas(`${at}{names}`, names(before), names(after), comparison)];
}

function compareValues(at: string, { type, values: narrow }: Form, wide: readonly unknown[], direction: Comparison['direction']): string[] {
  if (narrow === null) return [direction === 'request' ? `${at} takes certain values only` : `${at} no longer names its values`];
  // Enums of answers may grow.
  if (direction === 'answer' && type === 'string') return [];
  const other = narrow.filter((value) => !wide.some((one) => isDeepStrictEqual(one, value))).map((value) => JSON.stringify(value));
  return other.length === 0 ? [] : [`${at} ${direction === 'request' ? 'no longer takes' : 'may be'} ${other.join(', ')}`];
}

function compareForms(at: string, narrow: Form, wide: Form, comparison: Comparison): string[] {
  const { direction } = comparison;
  if (wide.values !== null) return compareValues(at, narrow, wide.values, direction);
  const [before, after] = (direction === 'request' ? [narrow, wide] : [wide, narrow]).map(({ rules }) => rules) as [Json, Json];
  const found = compareRules(at, narrow.rules, wide.rules, direction);
  if (narrow.type === 'object') found.push(...compareMembers(at, before, after, comparison));
  if (narrow.type === 'array') found.push(...compareSchemas(`${at}[]`, before['items'], after['items'], comparison));
  return found;
}

/** What of each narrow form no wide one allows; where several might, as the closest says it. */
function compareAll(at: string, narrow: readonly Form[], wide: readonly Form[], comparison: Comparison): string[] {
  const found: string[] = [];
  const lost: string[] = [];
  for (const form of narrow) {
    const alike = wide.filter(({ type }) => isOfType(form.type, type));
    const [closest] = alike.map((other) => compareForms(at, form, other, comparison)).toSorted((a, b) => a.length - b.length);
    if (closest === undefined) lost.push(form.type);
    else found.push(...closest);
  }
  const how = comparison.direction === 'request' ? 'no longer takes' : 'may be';
  return lost.length === 0 ? found : [`${at} has another type: ${how} ${lost.join(', ')}`, ...found];
}

/** An answer that never again is what clients know how to read. */
function lostForms(at: string, before: readonly Form[], after: readonly Form[]): string[] {
  const members = (forms: readonly Form[]): string[] => forms.flatMap(({ rules }) => Object.keys(object(rules['properties'])));
  const now = members(after);
  const types = new Set(before.map(({ type }) => type).filter((type) => type !== 'null'));
  const gone = [...types].filter((type) => !after.some((form) => isOfType(form.type, type) || isOfType(type, form.type)));
  if (gone.length > 0) return [`${at} has another type: is never ${gone.join(', ')}`];
  return members(before).flatMap((name) => (now.includes(name) ? [] : [`${at}.${name} is gone`]));
}

const allowsAll = (schema: unknown): boolean => schema !== false && Object.keys(object(schema)).every((name) => ANNOTATIONS.includes(name));

/** Of a value that clients send (request) or get (answer): each change that breaks them, as a line. */
export function compareSchemas(at: string, before: unknown, after: unknown, comparison: Comparison): string[] {
  const { direction, depth = 0 } = comparison;
  if (depth > DEPTH_MAX) return [`${at} is nested too deeply to be compared`];
  try {
    const [old, now] = [formsOf(before, comparison.before), formsOf(after, comparison.after)];
    const fallback = (schema: unknown, document: Json): unknown => object(schema)['default'] ?? resolved(schema, document)['default'];
    const [was, is] = [fallback(before, comparison.before), fallback(after, comparison.after)];
    const found = direction === 'request' && was !== undefined && !isDeepStrictEqual(was, is) ? [`${at} has another default`] : [];
    if (allowsAll(direction === 'request' ? after : before)) return found;
    const deeper = { ...comparison, depth: depth + 1 };
    if (direction === 'request') return [...found, ...compareAll(at, old, now, deeper)];
    return [...new Set([...lostForms(at, old, now), ...compareAll(at, now, old, deeper)])];
  } catch (error) {
    if (error instanceof Unknown) return [`${at} has ${error.message}`];
    throw error;
  }
}
