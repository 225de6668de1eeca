import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { breakingChanges } from './openapi.ts';

type Json = Record<string, any>; // oxlint-disable-line typescript/no-explicit-any
const text = readFileSync(join(import.meta.dirname, '../../docs/reference/openapi.json'), 'utf8');
const TRANSFERS = '/api/v1/ledgers/{ledger}/transfers';
const changed = (change: (transfer: Json, document: Json) => void): string[] => {
  const document = JSON.parse(text) as Json;
  change(document['paths'][TRANSFERS].post as Json, document);
  return breakingChanges(JSON.parse(text) as Json, document);
};
const bodyOf = (operation: Json): Json => operation['requestBody'].content['application/json'].schema as Json;
const answerOf = (operation: Json): Json => operation['responses']['201'].content['application/json'].schema as Json;

const problemOf = (document: Json): Json => document['components'].responses.Problem.content['application/problem+json'].schema as Json;
const currenciesOf = (document: Json): Json =>
  bodyOf(document['paths']['/api/v1/ledgers'].post as Json)['properties'].currencies.items as Json;
const letterOf = (document: Json): Json =>
  document['paths']['/api/v1/admin/dlq/{deadLetter}'].get.responses['200'].content['application/json'].schema.properties.record as Json;
const limitOf = (document: Json): Json =>
  (document['paths']['/api/v1/ledgers'].get.parameters as Json[]).find((parameter) => parameter['name'] === 'limit')?.['schema'] as Json;
const asText = (document: Json): void => {
  const content = document['components'].responses.Problem.content as Json;
  content['text/plain'] = content['application/problem+json'];
  delete content['application/problem+json'];
};
const onlySuccess = (operation: Json): void => {
  operation['responses'] = { 201: operation['responses']['201'] };
};

describe('the comparison of two OpenAPI documents', () => {
  it('takes the same, and what only adds', () => {
    expect(changed(() => undefined)).toEqual([]);
    expect(
      changed((transfer, document) => {
        bodyOf(transfer)['properties'].note = { type: 'string' };
        answerOf(transfer)['properties'].note = { type: 'string' };
        document['paths']['/api/v1/new'] = { get: transfer };
        transfer['parameters'].push({ name: 'also', in: 'query', required: false, schema: {} });
      }),
    ).toEqual([]);
  });

  it.each<[string, (transfer: Json, document: Json) => void, string]>([
    ['a path', (_, document) => delete document['paths'][TRANSFERS], 'is gone'],
    ['an operation id', (transfer) => (transfer['operationId'] = 'x'), 'has another operationId'],
    ['a parameter', (transfer) => transfer['parameters'].pop(), 'no longer takes header X-Request-Id'],
    [
      'a required parameter',
      (transfer) => transfer['parameters'].push({ name: 'x', in: 'query', required: true, schema: {} }),
      'query x is required',
    ],
    ['a member of a body', (transfer) => delete bodyOf(transfer)['properties'].reference, 'body.reference is gone'],
    ['a required member', (transfer) => bodyOf(transfer)['required'].push('reference'), 'body.reference is required'],
    ['a narrower member', (transfer) => (bodyOf(transfer)['properties'].reference.maxLength = 9), 'body.reference has a lower maxLength'],
    ['another type', (transfer) => (bodyOf(transfer)['properties'].amount.type = 'number'), 'body.amount has another type'],
    ['a pattern', (transfer) => (bodyOf(transfer)['properties'].from.pattern = '^x$'), 'body.from has another pattern'],
    ['a success', (transfer) => delete transfer['responses']['201'], 'no longer answers 201'],
    ['a member of an answer', (transfer) => delete answerOf(transfer)['properties'].position, '201.position is gone'],
    ['an answer that may lack a member', (transfer) => answerOf(transfer)['required'].splice(0, 1), '201.transactionId may be absent'],
    [
      'an answer that may be null',
      (transfer) => (answerOf(transfer)['properties'].position.type = ['string', 'null']),
      '201.position has another type',
    ],
    [
      'deep in an answer',
      (transfer) => delete answerOf(transfer)['properties'].entries.items.properties.amount,
      '201.entries[].amount is gone',
    ],
    ['the code of problems', (_, document) => delete problemOf(document)['properties'].code, '400.code is gone'],
    ['problems as text', (_, document) => asText(document), '400 is no longer application/problem+json'],
    ['problems that are not told', (transfer) => onlySuccess(transfer), 'no longer answers 422'],
    ['a form of a body that is gone', (_, document) => currenciesOf(document)['anyOf'].pop(), 'body.currencies[] has another type'],
    [
      'a form of a body that is narrower',
      (_, document) => (currenciesOf(document)['anyOf'][0].pattern = '^USD$'),
      'body.currencies[] has another pattern',
    ],
    [
      'another form of an answer',
      (_, document) => letterOf(document)['anyOf'].splice(0, 2, { type: 'null' }),
      '200.record has another type: is never object',
    ],
    [
      'a form of an answer that is new',
      (_, document) => letterOf(document)['anyOf'].push({ type: 'string' }),
      'has another type: may be string',
    ],
    [
      'members that were free',
      (transfer) => (bodyOf(transfer)['properties'].metadata.additionalProperties = false),
      'body.metadata no longer takes other members',
    ],
    [
      'members of a problem that were free',
      (_, document) => (problemOf(document)['additionalProperties'] = false),
      '400 no longer has other members',
    ],
    [
      'another type of free members',
      (transfer) => (bodyOf(transfer)['properties'].expectedVersions.additionalProperties = { type: 'integer' }),
      'body.expectedVersions.* has another type',
    ],
    [
      'other names of free members',
      (transfer) => (bodyOf(transfer)['properties'].expectedVersions.propertyNames.pattern = '^a$'),
      'body.expectedVersions{names} has another pattern',
    ],
    ['an answer without headers', (transfer) => delete transfer['responses']['201'].headers, '201 has no header Ledger-Consistency'],
    [
      'another header of an answer',
      (_, document) => (document['components'].headers['Ledger-Consistency'].schema.type = 'integer'),
      '201 header Ledger-Consistency has another type',
    ],
    ['a scheme of security', (_, document) => delete document['components'].securitySchemes.bearer, 'security scheme bearer is gone'],
    [
      'another scheme of security',
      (_, document) => (document['components'].securitySchemes.bearer.scheme = 'basic'),
      'security scheme bearer is another',
    ],
    ['a way to be known', (transfer) => transfer['security'].shift(), 'no longer takes bearer'],
    ['a second thing to be known by', (transfer) => (transfer['security'][0].session = []), 'no longer takes bearer'],
    ['no question who calls', (transfer) => delete transfer['security'], 'no longer asks who calls'],
    [
      'fewer values, otherwise written',
      (transfer) => (bodyOf(transfer)['properties'].currency = { anyOf: [{ const: 'USD' }, { const: 'EUR' }] }),
      'body.currency takes certain values only',
    ],
    ['an exclusive bound', (_, document) => (limitOf(document)['exclusiveMaximum'] = 5), 'query limit has a lower exclusiveMaximum'],
    ['another default', (_, document) => (limitOf(document)['default'] = 1), 'query limit has another default'],
    [
      'a keyword that it does not know',
      (transfer) => (bodyOf(transfer)['properties'].amount.not = { const: '0' }),
      'has not, which is not compared',
    ],
    [
      'a reference to nothing',
      (transfer) => (bodyOf(transfer)['properties'].amount = { $ref: '#/no' }),
      'has a reference to nothing: #/no',
    ],
  ])('finds %s', (_name, change, expected) => expect(changed(change).join('\n')).toContain(expected));

  it('finds a body that becomes required, and security where there was none', () => {
    const document = (isLater: boolean): Json => ({
      paths: {
        '/x': {
          post: { requestBody: { required: isLater, content: {} }, ...(isLater ? { security: [{ bearer: [] }] } : {}), responses: {} },
        },
      },
    });
    expect(breakingChanges(document(false), document(true))).toEqual([
      'POST /x needs a body',
      'POST /x no longer takes callers without security',
    ]);
    expect(breakingChanges(document(true), document(true))).toEqual([]);
  });

  it('finds fewer values however they are written, and takes the same', () => {
    const document = (schema: Json): Json => ({
      paths: { '/x': { get: { parameters: [{ name: 'q', in: 'query', schema }], responses: {} } } },
    });
    const values = document({ type: 'string', enum: ['a', 'b'] });
    expect(breakingChanges(values, document({ anyOf: [{ const: 'a' }, { const: 'b' }, { type: 'integer' }] }))).toEqual([]);
    expect(breakingChanges(values, document({ anyOf: [{ const: 'a' }, { type: 'integer' }] }))).toEqual([
      'GET /x query q no longer takes "b"',
    ]);
    expect(breakingChanges(document({ maximum: 9, type: 'integer' }), document({ exclusiveMaximum: 10.5, type: 'number' }))).toEqual([]);
  });

  it('follows references, and compares what they lead to', () => {
    expect(
      changed((transfer, document) => {
        document['components'].schemas = { Body: bodyOf(transfer) };
        transfer['requestBody'] = { $ref: '#/components/requestBodies/Transfer' };
        const content = { 'application/json': { schema: { $ref: '#/components/schemas/Body' } } };
        document['components'].requestBodies = { Transfer: { required: true, content } };
        document['components'].schemas.Body.properties.from.maxLength = 3;
      }),
    ).toEqual([`POST ${TRANSFERS} body.from has a lower maxLength`]);
  });

  it('ends at a schema that contains itself', () => {
    const document = { paths: { '/x': { get: { responses: { 200: { content: { a: { schema: { $ref: '#/node' } } } } } } } } };
    const node = { type: 'object', properties: { next: { $ref: '#/node' } } };
    expect(breakingChanges({ ...document, node }, { ...document, node })).toEqual([
      expect.stringMatching(/^GET \/x 200(\.next)+ is nested too deeply to be compared$/),
    ]);
  });
});
