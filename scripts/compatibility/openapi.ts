/** What a client that was made for an earlier OpenAPI document would stumble over. Enums of answers may grow, and so may answers (docs/reference/http-api.md). */

type Json = Record<string, unknown>;

interface Parameter extends Json {
  name: string;
  in: string;
  required?: boolean;
  schema: Json;
}

const object = (value: unknown): Json => (typeof value === 'object' && value !== null ? (value as Json) : {});
const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : value === undefined ? [] : [value]);
const LOWER_BOUNDS = ['minimum', 'minLength', 'minItems', 'minProperties'];
const UPPER_BOUNDS = ['maximum', 'maxLength', 'maxItems', 'maxProperties'];

function typesBreak(before: Json, after: Json, direction: 'request' | 'answer'): boolean {
  const [old, now] = [list(before['type']), list(after['type'])];
  const accepts = (wide: unknown[], narrow: unknown[]): boolean =>
    wide.length === 0 ||
    (narrow.length > 0 && narrow.every((type) => wide.includes(type) || (type === 'integer' && wide.includes('number'))));
  return direction === 'request' ? !accepts(now, old) : !accepts(old, now);
}

function compareValues(at: string, before: Json, after: Json): string[] {
  const found: string[] = [];
  const lost = list(before['enum']).filter((value) => after['enum'] !== undefined && !list(after['enum']).includes(value));
  if (lost.length > 0) found.push(`${at} no longer takes ${lost.join(', ')}`);
  if (before['enum'] === undefined && after['enum'] !== undefined) found.push(`${at} takes certain values only`);
  for (const name of ['pattern', 'format'])
    if (after[name] !== undefined && after[name] !== before[name]) found.push(`${at} has another ${name}`);
  const bound = (schema: Json, name: string, none: number): number => (typeof schema[name] === 'number' ? (schema[name] as number) : none);
  for (const name of LOWER_BOUNDS)
    if (bound(after, name, -Infinity) > bound(before, name, -Infinity)) found.push(`${at} has a higher ${name}`);
  for (const name of UPPER_BOUNDS)
    if (bound(after, name, Infinity) < bound(before, name, Infinity)) found.push(`${at} has a lower ${name}`);
  return found;
}

/** Of a value that clients send (request) or get (answer). */
function compareSchemas(at: string, before: Json, after: Json, direction: 'request' | 'answer'): string[] {
  const found = typesBreak(before, after, direction) ? [`${at} has another type`] : [];
  if (direction === 'request') found.push(...compareValues(at, before, after));
  const [oldMembers, newMembers] = [object(before['properties']), object(after['properties'])];
  const [oldRequired, newRequired] = [list(before['required']), list(after['required'])];
  for (const [name, schema] of Object.entries(oldMembers)) {
    const now = newMembers[name];
    if (now === undefined) found.push(`${at}.${name} is gone`);
    else found.push(...compareSchemas(`${at}.${name}`, object(schema), object(now), direction));
    if (direction === 'answer' && oldRequired.includes(name) && !newRequired.includes(name)) found.push(`${at}.${name} may be absent`);
  }
  if (direction === 'request')
    for (const name of newRequired) if (!oldRequired.includes(name)) found.push(`${at}.${String(name)} is required`);
  if (before['items'] !== undefined) found.push(...compareSchemas(`${at}[]`, object(before['items']), object(after['items']), direction));
  return found;
}

const contentOf = (part: unknown): Json => object(object(part)['content']);

function compareOperations(at: string, before: Json, after: Json): string[] {
  const found: string[] = [];
  if (before['operationId'] !== after['operationId']) found.push(`${at} has another operationId`);
  const parametersOf = (operation: Json): Parameter[] => list(operation['parameters']) as Parameter[];
  const find = (operation: Json, { name, in: place }: Parameter): Parameter | undefined =>
    parametersOf(operation).find((parameter) => parameter.name === name && parameter.in === place);
  for (const old of parametersOf(before)) {
    const now = find(after, old);
    if (now === undefined) found.push(`${at} no longer takes ${old.in} ${old.name}`);
    else found.push(...compareSchemas(`${at} ${old.in} ${old.name}`, old.schema, now.schema, 'request'));
  }
  for (const now of parametersOf(after))
    if (now.required === true && find(before, now)?.required !== true) found.push(`${at} ${now.in} ${now.name} is required`);
  const [oldBody, newBody] = [contentOf(before['requestBody']), contentOf(after['requestBody'])];
  for (const [type, { schema }] of Object.entries(oldBody) as [string, Json][])
    if (newBody[type] === undefined) found.push(`${at} no longer takes ${type}`);
    else found.push(...compareSchemas(`${at} body`, object(schema), object(object(newBody[type])['schema']), 'request'));
  if (Object.keys(oldBody).length === 0 && object(after['requestBody'])['required'] === true) found.push(`${at} needs a body`);
  for (const [status, response] of Object.entries(object(before['responses'])).filter(([code]) => code.startsWith('2'))) {
    const now = object(after['responses'])[status];
    if (now === undefined) {
      found.push(`${at} no longer answers ${status}`);
      continue;
    }
    for (const [type, { schema }] of Object.entries(contentOf(response)) as [string, Json][]) {
      const described = contentOf(now)[type];
      if (described === undefined) found.push(`${at} ${status} is no longer ${type}`);
      else found.push(...compareSchemas(`${at} ${status}`, object(schema), object(object(described)['schema']), 'answer'));
    }
  }
  return found;
}

/** The breaking changes between two documents, each as a line; none if there are none. */
export function breakingChanges(before: Json, after: Json): string[] {
  const found: string[] = [];
  for (const [path, methods] of Object.entries(object(before['paths'])))
    for (const [method, operation] of Object.entries(object(methods))) {
      const at = `${method.toUpperCase()} ${path}`;
      const now = object(object(after['paths'])[path])[method];
      if (now === undefined) found.push(`${at} is gone`);
      else found.push(...compareOperations(at, object(operation), object(now)));
    }
  return found;
}
