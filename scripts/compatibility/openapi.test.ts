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
  ])('finds %s', (_name, change, expected) => expect(changed(change).join('\n')).toContain(expected));
});
