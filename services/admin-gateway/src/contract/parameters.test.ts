import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { buildOpenApi } from '../openapi.ts';
import { TestGateway } from '../test/gateway.ts';
import { EXAMPLES } from './examples.ts';

interface Parameter {
  name: string;
  in: 'path' | 'query' | 'header';
  required: boolean;
  schema: { type: string; pattern?: string };
  example?: string;
}
interface Operation {
  operationId: string;
  parameters: Parameter[];
}

const { paths } = buildOpenApi() as { paths: Record<string, Record<string, Operation>> };
const operations = Object.entries(paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), ...operation })),
);
/** Those in paths and headers of an operation, and the texts among its queries that have a pattern. */
const patterned = operations.flatMap(({ operationId, parameters }) =>
  parameters.filter(({ schema }) => schema.pattern !== undefined).map((parameter) => ({ operationId, parameter })),
);
/** Fit no pattern of the document; each in a way of its own. */
const MISFITS: Readonly<Record<string, string>> = {
  path: 'no id',
  query: 'not one of those',
  'Idempotency-Key': 'k'.repeat(256),
  'If-Match': '1',
  'Ledger-Consistency': 'ab,cd',
  'Last-Event-ID': '-1',
};

describe('the parameters of the document', () => {
  let test: TestGateway;
  beforeAll(async () => {
    test = await TestGateway.start();
    await test.seed('shop', { alice: '10.00' });
  });
  afterAll(() => test.stop());

  it('say what fits, those in paths and those headers of which some are refused', () => {
    const without = operations.flatMap(({ parameters }) =>
      parameters.filter((parameter) => parameter.in !== 'query' && parameter.schema.pattern === undefined).map(({ name }) => name),
    );
    expect([...new Set(without)].sort()).toEqual(['X-Correlation-Id', 'X-Request-Id']);
  });

  it('have examples that fit', () => {
    for (const { parameter } of patterned)
      if (parameter.example !== undefined) expect(parameter.example).toMatch(new RegExp(parameter.schema.pattern!, 'u'));
  });

  it.each(patterned.map(({ operationId, parameter }) => [operationId, parameter.in, parameter.name, parameter] as const))(
    'of %s: in the %s what %s can not be is refused',
    async (operationId, place, name, { schema }) => {
      const { path, method, parameters } = operations.find((operation) => operation.operationId === operationId)!;
      const misfit = MISFITS[place === 'header' ? name : place]!;
      expect(misfit).not.toMatch(new RegExp(schema.pattern!, 'u'));
      const shown = (parameter: Parameter): string =>
        parameter.name === name && parameter.in === place ? misfit : (parameter.example ?? 'key');
      const inPath = (parameter: string): string => encodeURIComponent(shown(parameters.find((one) => one.name === parameter)!));
      const concrete = path.slice('/api/v1'.length).replaceAll(/\{(\w+)\}/g, (_, parameter: string) => inPath(parameter));
      const sent = (where: Parameter['in']): Record<string, string> =>
        Object.fromEntries(
          parameters.filter((one) => one.in === where && (one.required || one.name === name)).map((one) => [one.name, shown(one)]),
        );
      const query = new URLSearchParams(sent('query')).toString();
      const body = EXAMPLES.find(({ operation }) => operation === operationId)?.body;
      const reply = await test.call(method, `${concrete}?${query}`, body, sent('header'));
      expect([reply.status, reply.body['field']]).toEqual([400, name]);
    },
  );
});
