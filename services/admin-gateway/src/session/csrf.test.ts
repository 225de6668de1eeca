import { describe, expect, it } from '@jest/globals';
import { isFromAnotherSite } from './csrf.ts';

const PUBLIC = 'https://ledger.example';

describe('whether another site made a request', () => {
  it.each([
    ['a program', {}, false],
    ['a page of ours', { 'sec-fetch-site': 'same-origin', origin: PUBLIC }, false],
    ['a page of ours behind a proxy that renames the host', { 'sec-fetch-site': 'same-origin', origin: 'https://other.example' }, false],
    ['the address bar', { 'sec-fetch-site': 'none' }, false],
    ['another site', { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }, true],
    ['a sister host', { 'sec-fetch-site': 'same-site', origin: 'https://blog.ledger.example' }, true],
    ['a value not known', { 'sec-fetch-site': '' }, true],
    ['our origin', { origin: PUBLIC, host: 'gateway:8080' }, false],
    ['the origin of the host', { origin: 'http://gateway:8080', host: 'gateway:8080' }, false],
    ['another port', { origin: 'http://gateway:8081', host: 'gateway:8080' }, true],
    ['another origin', { origin: 'https://evil.example', host: 'gateway:8080' }, true],
    ['an origin with ours in front', { origin: `${PUBLIC}.evil.example`, host: 'gateway:8080' }, true],
    ['a sandboxed frame', { origin: 'null', host: 'gateway:8080' }, true],
  ])('%s: %j', (_, headers, expected) => expect(isFromAnotherSite({ headers }, PUBLIC)).toBe(expected));
});
