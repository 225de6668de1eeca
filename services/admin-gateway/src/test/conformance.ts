import { createAjv } from '../contract/validation.ts';
import { problemResponse } from '../contract/headers.ts';
import { buildOpenApi } from '../openapi.ts';

type Schema = Record<string, unknown>;
interface Header {
  $ref?: string;
  required?: boolean;
}
interface Response {
  $ref?: string;
  headers?: Record<string, Header>;
  content?: Record<string, { schema: Schema }>;
}
interface Operation {
  operationId: string;
  responses: Record<string, Response>;
}
interface Document {
  paths: Record<string, Record<string, Operation>>;
  components: { responses: Record<string, Response>; headers: Record<string, Header> };
}

export interface Exchange {
  method: string;
  /** With its query. */
  path: string;
  status: number;
  contentType: string | null;
  text: string;
  /** Null: an answer that was kept without them. */
  headers: Headers | null;
}

const BASE = '/api/v1/';
/** A document a line, each as the schema says. */
const NDJSON = 'application/x-ndjson';
/** Answers before it is known which operation is meant. */
const WITHOUT_OPERATION = [400, 401, 404, 405, 408, 414, 429, 431, 503];
/** Headers that tell a client something of the API: one of them that is sent is described. */
const OF_THE_API = /^(etag|location|retry-after|www-authenticate|x-request-id|ledger-.*|idempotency-.*)$/;

/** The same schema, in which an answer may not have a member that is not described. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== 'object' || schema === null) return schema;
  const copy: Schema = Object.fromEntries(Object.entries(schema).map(([name, value]) => [name, closed(value)]));
  const describes = typeof copy['properties'] === 'object' && copy['type'] !== undefined && !('additionalProperties' in copy);
  return describes ? { ...copy, additionalProperties: false } : copy;
}

const mediaType = (contentType: string | null): string => (contentType ?? '').split(';')[0]?.trim() ?? '';

/** Holds answers against the OpenAPI document: the status is documented for the operation, and so are the media type, the headers and everything in the body. */
export class Conformance {
  private readonly document: Document;
  private readonly ajv = createAjv(false);
  private readonly validators = new Map<string, (value: unknown) => boolean>();

  constructor(document: Record<string, unknown> = buildOpenApi()) {
    this.document = document as unknown as Document;
  }

  /** The path of the document that a path is of: literal segments go before parameters. Null: none. */
  private find(path: string): string | null {
    const segments = path.split('/');
    const fits = (template: string): boolean => {
      const parts = template.split('/');
      return (
        parts.length === segments.length && parts.every((part, i) => (part.startsWith('{') ? segments[i] !== '' : part === segments[i]))
      );
    };
    const parameters = (template: string): number => template.split('{').length;
    return (
      Object.keys(this.document.paths)
        .filter(fits)
        .sort((a, b) => parameters(a) - parameters(b))[0] ?? null
    );
  }

  private validate(key: string, schema: Schema, value: unknown): string | null {
    let validate = this.validators.get(key);
    if (validate === undefined) this.validators.set(key, (validate = this.ajv.compile(closed(schema) as Schema)));
    return validate(value) ? null : this.ajv.errorsText((validate as unknown as { errors: null }).errors);
  }

  private headersMistake(described: Record<string, Header> = {}, headers: Headers): string | null {
    const headerOf = (header: Header): Header =>
      header.$ref === undefined ? header : (this.document.components.headers[header.$ref.split('/').pop() ?? ''] ?? {});
    const names = new Set(Object.keys(described).map((name) => name.toLowerCase()));
    const more = [...headers.keys()].find((name) => OF_THE_API.test(name) && !names.has(name));
    if (more !== undefined) return `with the header ${more}, which is not described`;
    const missing = Object.entries(described).find(([name, header]) => headerOf(header).required === true && !headers.has(name));
    return missing === undefined ? null : `without the header ${missing[0]}`;
  }

  /** Why an answer is not one that the document describes; null if it is. What lies outside /api/v1 is not described there. */
  mistake({ method, path, status, contentType, text, headers }: Exchange): string | null {
    // As it is sent: without dots.
    const plain = new URL(path, 'http://gateway').pathname;
    if (!plain.startsWith(BASE) || method === 'HEAD' || method === 'OPTIONS') return null;
    const template = this.find(plain);
    const operation = template === null ? undefined : this.document.paths[template]?.[method.toLowerCase()];
    const where = `${method} ${path} answered ${status}`;
    if (operation === undefined && !WITHOUT_OPERATION.includes(status)) return `${where}, and there is no such operation`;
    const described = operation === undefined ? { $ref: problemResponse(status) } : operation.responses[String(status)];
    if (described === undefined) return `${where}, which ${operation?.operationId} does not document`;
    const response = described.$ref === undefined ? described : this.document.components.responses[described.$ref.split('/').pop() ?? ''];
    const type = mediaType(contentType);
    const schema = response?.content?.[type]?.schema;
    if (schema === undefined)
      return `${where} with ${type || 'no media type'}, which ${operation?.operationId ?? 'a problem'} does not document`;
    const wrong = headers === null ? null : this.headersMistake(response?.headers, headers);
    if (wrong !== null) return `${where} ${wrong}`;
    if (!type.endsWith('json')) return null;
    const key = described.$ref ?? `${operation?.operationId} ${status} ${type}`;
    for (const one of type === NDJSON ? text.split('\n').filter((line) => line !== '') : [text]) {
      let body: unknown;
      try {
        body = JSON.parse(one);
      } catch {
        return `${where} with what is not JSON`;
      }
      const errors = this.validate(key, schema, body);
      if (errors !== null) return `${where} with what its schema does not describe: ${errors}\n${one.slice(0, 1_000)}`;
    }
    return null;
  }

  /** Throws for an answer that the document does not describe. */
  check(exchange: Exchange): void {
    const mistake = this.mistake(exchange);
    if (mistake !== null) throw new Error(`Not as the OpenAPI document says: ${mistake}`);
  }
}
