/** What a JSON Schema (2020-12, as OpenAPI 3.1 has it) allows, as a list of forms: one a type, without references and without anyOf, oneOf and allOf. */
import { isDeepStrictEqual } from 'node:util';

export type Json = Record<string, unknown>;
const TYPES = ['string', 'number', 'integer', 'boolean', 'null', 'array', 'object'] as const;
export type Type = (typeof TYPES)[number];

export interface Form {
  type: Type;
  /** Null: any of the type that the rules let through. */
  values: unknown[] | null;
  /** The keywords that say something of this type. */
  rules: Json;
}

const NUMERIC = ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf', 'format'];
const RULES: Readonly<Record<Type, readonly string[]>> = {
  string: ['minLength', 'maxLength', 'pattern', 'format'],
  number: NUMERIC,
  integer: NUMERIC,
  boolean: [],
  null: [],
  array: ['items', 'minItems', 'maxItems', 'uniqueItems'],
  object: ['properties', 'required', 'additionalProperties', 'propertyNames', 'minProperties', 'maxProperties'],
};
const COMBINING = ['anyOf', 'oneOf', 'allOf'];
/** Keywords that allow and refuse nothing. */
export const ANNOTATIONS = ['title', 'description', 'default', 'example', 'examples', 'deprecated', '$comment'];
const KNOWN = new Set([...Object.values(RULES).flat(), ...COMBINING, ...ANNOTATIONS, '$ref', 'type', 'enum', 'const']);
const REFERENCES_MAX = 20;

export const object = (value: unknown): Json => (typeof value === 'object' && value !== null ? (value as Json) : {});
export const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : value === undefined ? [] : [value]);

/** What a reference within the document leads to, or the thing itself. Throws Unknown for one that leads nowhere. */
export function resolved(given: unknown, document: Json): Json {
  let node = object(given);
  for (let i = 0; typeof node['$ref'] === 'string'; i += 1) {
    const reference = node['$ref'];
    const names = reference.startsWith('#/') ? reference.slice(2).split('/') : [];
    const found = names.reduce<unknown>((at, name) => object(at)[name.replaceAll('~1', '/').replaceAll('~0', '~')], document);
    if (names.length === 0 || found === undefined || i === REFERENCES_MAX) throw new Unknown(`a reference to nothing: ${reference}`);
    node = object(found);
  }
  return node;
}

/** A schema has what is not compared here: nobody knows whether it breaks clients. */
export class Unknown extends Error {}

function typeOf(value: unknown): Type {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value as Type;
}

export const isOfType = (type: Type, wider: Type): boolean => type === wider || (type === 'integer' && wider === 'number');

/** Of the keywords of one schema, without those that combine schemas. */
function ownForms(schema: Json): Form[] {
  const types = (schema['type'] === undefined ? TYPES.filter((type) => type !== 'integer') : list(schema['type'])) as Type[];
  const values = schema['const'] !== undefined ? [schema['const']] : (schema['enum'] as unknown[] | undefined);
  return types.flatMap((type): Form[] => {
    const rules = Object.fromEntries(RULES[type].flatMap((name) => (schema[name] === undefined ? [] : [[name, schema[name]]])));
    if (values === undefined) return [{ type, values: null, rules }];
    const own = values.filter((value) => isOfType(Number.isInteger(value) ? 'integer' : typeOf(value), type));
    return own.length === 0 ? [] : [{ type, values: own, rules }];
  });
}

/** What both rules ask for. Throws Unknown where that is no rule of one schema. */
function both(a: Json, b: Json): Json {
  const rules = { ...a, ...b };
  for (const name of Object.keys(a).filter((key) => b[key] !== undefined && !isDeepStrictEqual(a[key], b[key]))) {
    const [one, other] = [object(a[name]), object(b[name])];
    if (name === 'required') rules[name] = [...new Set([...list(a[name]), ...list(b[name])])];
    else if (name === 'properties' && Object.keys(one).every((member) => other[member] === undefined)) rules[name] = { ...one, ...other };
    else throw new Unknown(`${name} in two schemas that both hold, which is not compared`);
  }
  const isClosed = [a, b].some((one) => one['additionalProperties'] !== undefined);
  if (isClosed && a['properties'] !== undefined && b['properties'] !== undefined && !isDeepStrictEqual(a['properties'], b['properties']))
    throw new Unknown('additionalProperties beside members of another schema, which is not compared');
  return rules;
}

function intersection(some: readonly Form[], others: readonly Form[]): Form[] {
  return some.flatMap((a) =>
    others.flatMap((b): Form[] => {
      if (!isOfType(a.type, b.type) && !isOfType(b.type, a.type)) return [];
      const values =
        a.values === null ? b.values : a.values.filter((value) => b.values?.some((other) => isDeepStrictEqual(value, other)) ?? true);
      return [{ type: isOfType(a.type, b.type) ? a.type : b.type, values, rules: both(a.rules, b.rules) }];
    }),
  );
}

/** Forms of single values of one type as one form, as an enum has them. */
function gathered(forms: readonly Form[]): Form[] {
  const finite = new Map<Type, unknown[]>();
  for (const { type, values } of forms) if (values !== null) finite.set(type, [...(finite.get(type) ?? []), ...values]);
  return [...forms.filter(({ values }) => values === null), ...[...finite].map(([type, values]): Form => ({ type, values, rules: {} }))];
}

/** The forms of a schema; none: nothing is allowed. Throws Unknown for what is not understood here. */
export function formsOf(given: unknown, document: Json): Form[] {
  if (given === false) return [];
  const schema = object(given);
  for (const keyword of Object.keys(schema))
    if (!KNOWN.has(keyword) && !keyword.startsWith('x-')) throw new Unknown(`${keyword}, which is not compared`);
  let forms = ownForms(schema);
  if (schema['$ref'] !== undefined) forms = intersection(forms, formsOf(resolved(schema, document), document));
  for (const name of ['anyOf', 'oneOf'])
    if (schema[name] !== undefined)
      forms = intersection(
        forms,
        list(schema[name]).flatMap((branch) => formsOf(branch, document)),
      );
  for (const branch of list(schema['allOf'])) forms = intersection(forms, formsOf(branch, document));
  return gathered(forms);
}
