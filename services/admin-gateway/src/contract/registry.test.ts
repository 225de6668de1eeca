import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { PROBLEMS } from '@ledgerflow/contracts';
import { Type } from 'typebox';
import { buildOpenApi } from '../openapi.ts';
import { ROUTES } from '../routes/index.ts';
import { API_BASE, checkRoutes } from './registry.ts';
import { type Route, route } from './route.ts';

const open: Route = route({
  id: 'open',
  method: 'GET',
  path: '/open',
  tag: 'Test',
  summary: 'x',
  query: Type.Object({}),
  answers: { 200: Type.Object({}) },
  access: { role: 'viewer', ledger: 'none' },
  handle: () => ({ status: 200, body: {} }),
});

/** The members that OpenAPI 3.1 asks for, in the shape it asks for. */
interface Operation {
  operationId: string;
  'x-access': unknown;
  parameters: { name: string; in: string; required: boolean; description?: string; schema: object }[];
  requestBody?: { content: Record<string, { schema: object }> };
  responses: Record<string, { description?: string; $ref?: string }>;
}

describe('the registry', () => {
  it('takes every route there is', () => expect(checkRoutes(ROUTES)).toBe(ROUTES));

  it('refuses a route that does not declare who may call it', () => {
    const { access: _none, ...bare } = open;
    expect(() => checkRoutes([bare as Route])).toThrow('GET /open does not declare who may call it');
    expect(() => checkRoutes([{ ...open, access: { role: 'root' as 'admin', ledger: 'none' } }])).toThrow('does not exist');
    // @ts-expect-error a route without access does not compile
    const undeclared: Route = bare;
    expect(undeclared.id).toBe('open');
  });

  it('refuses a ledger route without the grant for its ledger', () => {
    const path = '/ledgers/{ledger}/x';
    expect(() => checkRoutes([{ ...open, path }])).toThrow('granted by the ledger');
    expect(() => checkRoutes([{ ...open, path, access: 'authenticated' }])).toThrow('granted by the ledger');
    expect(checkRoutes([{ ...open, path, access: { role: 'viewer', ledger: 'path' } }])).toHaveLength(1);
  });

  it('refuses mutating routes without a key and routes that are there twice', () => {
    expect(() => checkRoutes([{ ...open, method: 'POST' }])).toThrow('Idempotency-Key');
    expect(() => checkRoutes([open, open])).toThrow('registered twice');
  });
});

describe('the OpenAPI document', () => {
  const document = buildOpenApi() as {
    openapi: string;
    info: { title: string; version: string; description: string };
    paths: Record<string, Record<string, Operation>>;
    components: Record<string, Record<string, unknown>>;
  };
  const codes = Object.keys(PROBLEMS).sort();

  it('has every route, with its access, parameters, body and answers', () => {
    expect(document.openapi).toBe('3.1.0');
    expect(document.info).toMatchObject({ title: 'LedgerFlow', version: expect.any(String) });
    for (const declared of ROUTES) {
      const operation = document.paths[API_BASE + declared.path]?.[declared.method.toLowerCase()];
      expect(operation).toBeDefined();
      const { operationId, parameters, requestBody, responses } = operation as Operation;
      expect(operationId).toBe(declared.id);
      expect(operation?.['x-access']).toEqual(declared.access);
      const inPath = [...declared.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      expect(parameters.filter((parameter) => parameter.in === 'path').map(({ name, required }) => [name, required])).toEqual(
        inPath.map((name) => [name, true]),
      );
      expect(requestBody !== undefined).toBe(declared.body !== undefined);
      for (const status of Object.keys(declared.answers)) expect(responses[status]?.description).toBeDefined();
    }
    expect(Object.values(document.paths).flatMap(Object.keys)).toHaveLength(ROUTES.length);
  });

  it('has with every operation what is answered before there is a request: 408 and 431', () => {
    for (const operation of Object.values(document.paths).flatMap(Object.values) as Operation[])
      expect(Object.keys(operation.responses)).toEqual(expect.arrayContaining(['408', '431']));
  });

  it('names the codes of problems, which may grow, where a problem is described', () => {
    for (const response of Object.values(document.components['responses']!)) {
      const { content } = response as { content: Record<string, { schema: { properties: { code: Record<string, unknown> } } }> };
      const { code } = content['application/problem+json']!.schema.properties;
      expect([...(code['x-extensible-enum'] as string[])].sort()).toEqual(codes);
      expect(code['enum']).toBeUndefined();
    }
  });

  it('says what lies outside of it', () => {
    for (const path of ['/oauth2/*', '/healthz', '/readyz']) expect(document.info.description).toContain(path);
  });

  it('says of every from and to that it counts itself', () => {
    const bounds = (Object.values(document.paths).flatMap(Object.values) as Operation[]).flatMap(({ operationId, parameters }) =>
      parameters
        .filter(({ in: place, name }) => place === 'query' && (name === 'from' || name === 'to'))
        .map(({ name, schema, description }) => [operationId, name, description, (schema as { description?: string }).description]),
    );
    expect(new Set(bounds.map(([operation]) => operation))).toEqual(
      new Set(['listActivity', 'listAudit', 'exportAudit', 'listDailyBalances', 'listEntries', 'listTransactions']),
    );
    for (const [operation, name, description, ofSchema] of bounds)
      expect([operation, name, description, ofSchema]).toEqual([operation, name, expect.stringContaining('inclusive'), description]);
  });

  it('is a document: only known members, unique operations, references that lead somewhere', () => {
    expect(Object.keys(document).sort()).toEqual(['components', 'info', 'openapi', 'paths', 'servers']);
    for (const [path, methods] of Object.entries(document.paths)) {
      expect(path.startsWith('/')).toBe(true);
      for (const [method, operation] of Object.entries(methods)) {
        expect(['get', 'post', 'patch', 'delete']).toContain(method);
        for (const status of Object.keys(operation.responses)) expect(status).toMatch(/^[2-5]\d\d$/);
        for (const parameter of operation.parameters) expect(['path', 'query', 'header']).toContain(parameter.in);
      }
    }
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/(\w+)\/(\w+)"/g)];
    for (const [, section, name] of references) expect(document.components[section!]?.[name!]).toBeDefined();
  });
});

describe('the table of problems', () => {
  const page = readFileSync(new URL('../../../../docs/reference/http-api.md', import.meta.url), 'utf8');
  const rows = [...page.matchAll(/^\| ([\d, ]+?) +\| (.+?) +\|$/gm)].flatMap(([, statuses, words]) =>
    words!
      .match(/[a-z_]+/g)!
      .filter((word) => word in PROBLEMS || word.includes('_'))
      .map((code) => ({ code, statuses: statuses!.split(', ').map(Number) })),
  );

  it.each(Object.entries(PROBLEMS))('has %s once, by its status', (code, { status }) =>
    expect(rows.filter((row) => row.code === code)).toEqual([{ code, statuses: expect.arrayContaining([status]) }]),
  );

  it('has no code that is none', () => expect(rows.filter(({ code }) => !(code in PROBLEMS))).toEqual([]));
});
