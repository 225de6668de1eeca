/** What a client that was made for an earlier OpenAPI document would stumble over. Enums of answers may grow, and so may answers (docs/reference/http-api.md). */
import { isDeepStrictEqual } from 'node:util';
import { type Json, list, object, resolved, Unknown } from './forms.ts';
import { type Comparison, compareSchemas } from './schemas.ts';

interface Documents {
  before: Json;
  after: Json;
}

const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'];
/** Beside the schema these say nothing of what goes over the wire. */
const DESCRIBES = ['name', 'in', 'required', 'description', 'schema', 'example', 'examples', 'deprecated'];

/** Of a parameter, a header or a content: its schema, and how the value is written. */
function compareWritten(at: string, before: Json, after: Json, comparison: Comparison): string[] {
  const others = (part: Json): Json =>
    Object.fromEntries(Object.entries(part).filter(([name]) => !DESCRIBES.includes(name) && !name.startsWith('x-')));
  const found = isDeepStrictEqual(others(before), others(after)) ? [] : [`${at} is written in another way`];
  return [...found, ...compareSchemas(at, before['schema'], after['schema'], comparison)];
}

const keyOf = ({ name, in: place }: Json): string => `${String(place)} ${place === 'header' ? String(name).toLowerCase() : String(name)}`;

function parametersOf(operation: Json, document: Json): ReadonlyMap<string, Json> {
  const parameters = list(operation['parameters']).map((parameter) => resolved(parameter, document));
  return new Map(parameters.map((parameter) => [keyOf(parameter), parameter]));
}

function compareParameters(at: string, before: Json, after: Json, documents: Documents): string[] {
  const found: string[] = [];
  const [old, now] = [parametersOf(before, documents.before), parametersOf(after, documents.after)];
  for (const [key, parameter] of old) {
    const other = now.get(key);
    const name = `${String(parameter['in'])} ${String(parameter['name'])}`;
    if (other === undefined) found.push(`${at} no longer takes ${name}`);
    else found.push(...compareWritten(`${at} ${name}`, parameter, other, { ...documents, direction: 'request' }));
  }
  for (const [key, { name, in: place, required }] of now)
    if (required === true && old.get(key)?.['required'] !== true) found.push(`${at} ${String(place)} ${String(name)} is required`);
  return found;
}

function compareBodies(at: string, before: Json, after: Json, documents: Documents): string[] {
  const found: string[] = [];
  const [old, now] = [resolved(before['requestBody'], documents.before), resolved(after['requestBody'], documents.after)];
  for (const [type, content] of Object.entries(object(old['content']))) {
    const other = object(now['content'])[type];
    if (other === undefined) found.push(`${at} no longer takes ${type}`);
    else found.push(...compareWritten(`${at} body`, object(content), object(other), { ...documents, direction: 'request' }));
  }
  if (now['required'] === true && old['required'] !== true) found.push(`${at} needs a body`);
  return found;
}

function compareHeaders(at: string, before: Json, after: Json, documents: Documents): string[] {
  const found: string[] = [];
  const later = new Map(Object.entries(object(after['headers'])).map(([name, header]) => [name.toLowerCase(), header]));
  for (const [name, header] of Object.entries(object(before['headers']))) {
    const other = later.get(name.toLowerCase());
    if (other === undefined) {
      found.push(`${at} has no header ${name}`);
      continue;
    }
    const [old, now] = [resolved(header, documents.before), resolved(other, documents.after)];
    if (old['required'] === true && now['required'] !== true) found.push(`${at} header ${name} may be absent`);
    found.push(...compareWritten(`${at} header ${name}`, old, now, { ...documents, direction: 'answer' }));
  }
  return found;
}

/** Every documented status, problems too: clients read their code. */
function compareAnswers(at: string, before: Json, after: Json, documents: Documents): string[] {
  const found: string[] = [];
  for (const [status, response] of Object.entries(object(before['responses']))) {
    if (object(after['responses'])[status] === undefined) {
      found.push(`${at} no longer answers ${status}`);
      continue;
    }
    const [old, now] = [resolved(response, documents.before), resolved(object(after['responses'])[status], documents.after)];
    for (const [type, content] of Object.entries(object(old['content']))) {
      const other = object(now['content'])[type];
      if (other === undefined) found.push(`${at} ${status} is no longer ${type}`);
      else found.push(...compareWritten(`${at} ${status}`, object(content), object(other), { ...documents, direction: 'answer' }));
    }
    found.push(...compareHeaders(`${at} ${status}`, old, now, documents));
  }
  return found;
}

/** Each way by which a caller was known has to be enough still. */
function compareSecurity(at: string, before: Json, after: Json, documents: Documents): string[] {
  const waysOf = (operation: Json, document: Json): Json[] => {
    const ways = list(operation['security'] ?? document['security']).map(object);
    return ways.length === 0 ? [{}] : ways;
  };
  const isEnough = (way: Json, asked: Json): boolean =>
    Object.entries(asked).every(
      ([scheme, scopes]) => way[scheme] !== undefined && list(scopes).every((scope) => list(way[scheme]).includes(scope)),
    );
  const isOpen = (ways: readonly Json[]): boolean => ways.some((way) => Object.keys(way).length === 0);
  const [old, now] = [waysOf(before, documents.before), waysOf(after, documents.after)];
  if (isOpen(now) && !isOpen(old)) return [`${at} no longer asks who calls`];
  return old
    .filter((way) => !now.some((asked) => isEnough(way, asked)))
    .map((way) => `${at} no longer takes ${Object.keys(way).join(' with ') || 'callers without security'}`);
}

function compareOperations(at: string, before: Json, after: Json, documents: Documents): string[] {
  const found = before['operationId'] === after['operationId'] ? [] : [`${at} has another operationId`];
  for (const compare of [compareParameters, compareBodies, compareAnswers, compareSecurity])
    try {
      found.push(...compare(at, before, after, documents));
    } catch (error) {
      if (!(error instanceof Unknown)) throw error;
      found.push(`${at} has ${error.message}`);
    }
  return found;
}

function compareSchemes({ before, after }: Documents): string[] {
  const schemesOf = (document: Json): Json => object(object(document['components'])['securitySchemes']);
  return Object.entries(schemesOf(before)).flatMap(([name, scheme]) => {
    const other = schemesOf(after)[name];
    if (other === undefined) return [`security scheme ${name} is gone`];
    const told = (value: unknown): Json => ({ ...object(value), description: undefined });
    return isDeepStrictEqual(told(scheme), told(other)) ? [] : [`security scheme ${name} is another`];
  });
}

/** The breaking changes between two documents, each as a line; none if there are none. What can not be compared is among them. */
export function breakingChanges(before: Json, after: Json): string[] {
  const documents = { before, after };
  const found = compareSchemes(documents);
  if (!isDeepStrictEqual(before['servers'], after['servers'])) found.push('the servers are others');
  for (const [path, methods] of Object.entries(object(before['paths'])))
    for (const [method, operation] of Object.entries(object(methods))) {
      const at = `${method.toUpperCase()} ${path}`;
      const now = object(object(after['paths'])[path])[method];
      if (!METHODS.includes(method)) found.push(`${path} has ${method}, which is not compared`);
      else if (now === undefined) found.push(`${at} is gone`);
      else found.push(...compareOperations(at, object(operation), object(now), documents));
    }
  return found;
}
