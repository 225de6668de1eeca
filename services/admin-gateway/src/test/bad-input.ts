import type { ProblemCode } from '@ledgerflow/contracts';

/**
 * Requests that must be refused, each with its documented status and code, and must write nothing. Data, so that it runs against the gateway alone and against
 * a whole stack. The ledger `bad` has the accounts alice (USD, 100.00) and bob (USD, 0); paths are below /api/v1.
 */
export interface BadInput {
  name: string;
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  path: string;
  /** Sent as JSON, unless it is text or bytes, which are sent as they are. */
  body?: unknown;
  /** Over the usual ones (Authorization, Content-Type of a body, a fresh Idempotency-Key); null leaves one out. */
  headers?: Record<string, string | null>;
  /** Which token: default one of an admin for all ledgers. */
  token?: 'none' | 'expired' | 'unsigned' | 'audience' | 'issuer' | 'tampered' | 'garbage' | 'foreign' | 'viewer';
  status: number;
  code: ProblemCode;
  field?: string;
}

export const BAD_INPUT_LEDGER = 'bad';
export const BAD_INPUT_ACCOUNTS: Readonly<Record<string, string>> = { alice: '100.00', bob: '0' };

const DEPOSITS = '/ledgers/bad/accounts/alice/deposits';
const TRANSFERS = '/ledgers/bad/transfers';
const TRANSACTIONS = '/ledgers/bad/transactions';
const BATCH = '/ledgers/bad/transactions/batch';
const ACCOUNTS = '/ledgers/bad/accounts';
const ALICE = '/ledgers/bad/accounts/alice';

const money = { amount: '1.00', currency: 'USD' };
const posting = { from: 'alice', to: 'bob', ...money };
const hundredAndOne = Array.from({ length: 101 }, () => posting);
const post = (name: string, path: string, body: unknown, status: number, code: ProblemCode, field?: string): BadInput => ({
  name,
  method: 'POST',
  path,
  body,
  status,
  code,
  field,
});
const get = (name: string, path: string, status: number, code: ProblemCode, field?: string): BadInput => ({
  name,
  method: 'GET',
  path,
  status,
  code,
  field,
});
const with_ = (input: BadInput, over: Partial<BadInput>): BadInput => ({ ...input, ...over });

const amounts = (
  [
    ['a number', 1],
    ['null', null],
    ['an object', {}],
    ['zero', '0'],
    ['zero with decimals', '0.00'],
    ['negative', '-1'],
    ['with an exponent', '1e5'],
    ['with a plus sign', '+1'],
    ['with a leading zero', '01.00'],
    ['with a comma', '1,00'],
    ['with blanks', ' 1.00 '],
    ['empty', ''],
    ['a word', 'NaN'],
    ['hexadecimal', '0x10'],
    ['ending in a point', '1.'],
    ['of 40 digits', '1'.repeat(40)],
    ['in other digits', '١.٠٠'],
  ] as const
).map(([name, amount]) => post(`an amount ${name}`, DEPOSITS, { ...money, amount }, 400, 'invalid_amount', 'amount'));

const rules = [
  post(
    'metadata of more than 16 KiB',
    DEPOSITS,
    { ...money, metadata: { text: 'x'.repeat(17 * 1024) } },
    400,
    'invalid_request',
    'metadata',
  ),
  post('an account named like a folder above', ACCOUNTS, { id: '..', currency: 'USD' }, 400, 'invalid_request', 'id'),
  post('more decimals than the currency has', DEPOSITS, { ...money, amount: '0.001' }, 422, 'amount_too_precise'),
  post('an unknown currency', DEPOSITS, { ...money, currency: 'ZZZ' }, 422, 'unknown_currency'),
  post('another currency than the account has', DEPOSITS, { ...money, currency: 'EUR' }, 422, 'currency_mismatch'),
  post('a currency in small letters', DEPOSITS, { ...money, currency: 'usd' }, 400, 'invalid_request', 'currency'),
  post('an unknown account', '/ledgers/bad/accounts/nobody/deposits', money, 404, 'account_not_found'),
  post('an unknown account in a transfer', TRANSFERS, { ...posting, to: 'nobody' }, 404, 'account_not_found'),
  post('an unknown ledger', '/ledgers/nowhere/transfers', posting, 404, 'ledger_not_found'),
  post('a system account in a posting', TRANSFERS, { ...posting, from: '@world:USD' }, 422, 'system_account'),
  post('a system account in a deposit', '/ledgers/bad/accounts/@world:USD/deposits', money, 422, 'system_account'),
  post('a system account opened', ACCOUNTS, { id: '@mine', currency: 'USD' }, 422, 'system_account'),
  post('one account on both sides', TRANSFERS, { ...posting, to: 'alice' }, 422, 'same_account'),
  post('more than there is', TRANSFERS, { ...posting, amount: '1000.00' }, 422, 'insufficient_funds'),
  post('an account that exists', ACCOUNTS, { id: 'alice', currency: 'USD' }, 409, 'account_exists'),
  post('a ledger that exists', '/ledgers', { id: 'bad' }, 409, 'ledger_exists'),
  post('a time of effect too long ago', DEPOSITS, { ...money, effectiveAt: '1999-01-01T00:00:00Z' }, 422, 'effective_at_out_of_range'),
  post(
    'limits that contradict each other',
    ACCOUNTS,
    { id: 'limits', currency: 'USD', minBalance: '5', maxBalance: '1' },
    422,
    'invalid_limits',
  ),
  with_(post('another version', DEPOSITS, money, 412, 'version_mismatch'), { headers: { 'if-match': '"77"' } }),
  post('another expected version', TRANSFERS, { ...posting, expectedVersions: { bob: '77' } }, 412, 'version_mismatch'),
  post(
    'an atomic batch with one wrong transaction',
    BATCH,
    { atomic: true, transactions: [{ postings: [posting] }, { postings: [{ ...posting, amount: '999.00' }] }] },
    422,
    'insufficient_funds',
  ),
];

const shapes = [
  post('an unknown field', DEPOSITS, { ...money, note: 'x' }, 400, 'invalid_request', 'note'),
  post('an unknown field deep inside', TRANSACTIONS, { postings: [{ ...posting, note: 'x' }] }, 400, 'invalid_request', 'postings.0.note'),
  post('a missing amount', DEPOSITS, { currency: 'USD' }, 400, 'invalid_request', 'amount'),
  ...['12345678901234567890', '-9007199254740993', '1e300', '1e400'].map((number) =>
    post(
      `the number ${number} in metadata`,
      DEPOSITS,
      `{"amount":"1.00","currency":"USD","metadata":{"a":[0.5,${number}]}}`,
      400,
      'invalid_request',
      'metadata.a.1',
    ),
  ),
  post('a transaction of 101 postings', TRANSACTIONS, { postings: hundredAndOne }, 400, 'invalid_request', 'postings'),
  post(
    'a transaction of 101 postings in a batch',
    BATCH,
    { atomic: true, transactions: [{ postings: [posting] }, { postings: hundredAndOne }] },
    400,
    'invalid_request',
    'transactions.1.postings',
  ),
  post('a body that is an array', DEPOSITS, [money], 400, 'invalid_request'),
  post('a body that is null', DEPOSITS, null, 400, 'invalid_request'),
  post('no postings', TRANSACTIONS, { postings: [] }, 400, 'invalid_request', 'postings'),
  post('a batch without atomic', BATCH, { transactions: [{ postings: [posting] }] }, 400, 'invalid_request', 'atomic'),
  post('an empty batch', BATCH, { atomic: false, transactions: [] }, 400, 'invalid_request', 'transactions'),
  post(
    'a batch of 1,001',
    BATCH,
    { atomic: false, transactions: Array.from({ length: 1001 }, () => ({ postings: [posting] })) },
    400,
    'invalid_request',
    'transactions',
  ),
  post(
    'a key twice in a batch',
    BATCH,
    { atomic: false, transactions: [1, 2].map(() => ({ idempotencyKey: 'twice', postings: [posting] })) },
    400,
    'invalid_request',
    'transactions.1.idempotencyKey',
  ),
  post(
    'keys in an atomic batch',
    BATCH,
    { atomic: true, transactions: [{ idempotencyKey: 'k', postings: [posting] }] },
    400,
    'invalid_request',
    'transactions.0.idempotencyKey',
  ),
  post('a transfer to another ledger', TRANSFERS, { ...posting, toLedger: 'other' }, 400, 'invalid_request', 'toLedger'),
  post('an account id with odd characters', ACCOUNTS, { id: 'a/b c', currency: 'USD' }, 400, 'invalid_request', 'id'),
  post('an account id of 129 characters', ACCOUNTS, { id: 'a'.repeat(129), currency: 'USD' }, 400, 'invalid_request', 'id'),
  post('an empty account id', ACCOUNTS, { id: '', currency: 'USD' }, 400, 'invalid_request', 'id'),
  post('odd characters in the path', '/ledgers/bad/accounts/a%20b/deposits', money, 400, 'invalid_request', 'account'),
  post('NUL in the path', '/ledgers/bad/accounts/a%00/deposits', money, 400, 'invalid_request', 'account'),
  post('a path that is not UTF-8', '/ledgers/bad/accounts/%ff/deposits', money, 400, 'invalid_request'),
  post('an external id that is not NFC', DEPOSITS, { ...money, externalId: 'e\u0301' }, 400, 'invalid_request', 'externalId'),
  post('an owner id that is not NFC', ACCOUNTS, { currency: 'USD', ownerId: 'e\u0301' }, 400, 'invalid_request', 'ownerId'),
  post('NUL in a text', DEPOSITS, { ...money, reference: 'a\0b' }, 400, 'invalid_request', 'reference'),
  post('NUL deep in metadata', DEPOSITS, { ...money, metadata: { a: ['x', '\0'] } }, 400, 'invalid_request', 'metadata.a.1'),
  post('NUL in a name of metadata', DEPOSITS, { ...money, metadata: { 'a\0': 1 } }, 400, 'invalid_request', 'metadata'),
  post('a lone surrogate', DEPOSITS, '{"amount":"1.00","currency":"USD","reference":"\\ud800"}', 400, 'invalid_request', 'reference'),
  post(
    'a number beyond JSON in metadata',
    DEPOSITS,
    '{"amount":"1.00","currency":"USD","metadata":{"n":1e999}}',
    400,
    'invalid_request',
    'metadata.n',
  ),
  post('metadata that is a list', DEPOSITS, { ...money, metadata: [] }, 400, 'invalid_request', 'metadata'),
  post('a reference that is too long', DEPOSITS, { ...money, reference: 'x'.repeat(1025) }, 400, 'invalid_request', 'reference'),
  post('a time without a zone', DEPOSITS, { ...money, effectiveAt: '2026-01-01T00:00:00' }, 400, 'invalid_time', 'effectiveAt'),
  post('a time with nanoseconds', DEPOSITS, { ...money, effectiveAt: '2026-01-01T00:00:00.1234567Z' }, 400, 'invalid_time', 'effectiveAt'),
  post('a day that does not exist', DEPOSITS, { ...money, effectiveAt: '2026-02-30T00:00:00Z' }, 400, 'invalid_time', 'effectiveAt'),
  post(
    'an expected version as a number',
    TRANSFERS,
    { ...posting, expectedVersions: { bob: 1 } },
    400,
    'invalid_request',
    'expectedVersions.bob',
  ),
  post('a freeze without a reason', `${ALICE}/freeze`, {}, 400, 'invalid_request', 'reason'),
  post('a freeze of an unknown scope', `${ALICE}/freeze`, { reason: 'x', scope: 'credits' }, 400, 'invalid_request', 'scope'),
  { ...post('a change of nothing', ALICE, {}, 400, 'invalid_request'), method: 'PATCH' as const },
  { ...post('a limit as a number', ALICE, { minBalance: -5 }, 400, 'invalid_amount', 'minBalance'), method: 'PATCH' as const },
  post('a negative initial balance', ACCOUNTS, { currency: 'USD', initialBalance: '-1' }, 400, 'invalid_amount', 'initialBalance'),
  post('a scale beyond 18', '/ledgers/bad/currencies', { code: 'GEM', scale: 19 }, 400, 'invalid_request', 'scale'),
];

const transport = [
  post('text that is not JSON', DEPOSITS, '{"amount":', 400, 'malformed_json'),
  post('an empty body', DEPOSITS, '', 400, 'malformed_json'),
  post('bytes that are not UTF-8', DEPOSITS, Uint8Array.from([0x22, 0xff, 0x22]), 400, 'malformed_json'),
  post(
    'a deep body',
    DEPOSITS,
    `{"amount":"1.00","currency":"USD","metadata":${'{"a":'.repeat(100)}1${'}'.repeat(100)}}`,
    400,
    'invalid_request',
    'metadata',
  ),
  ...(
    [
      ['the same', '{"amount":"1.00","amount":"2.00","currency":"USD"}', 'amount'],
      ['written otherwise', '{"amount":"1.00","currency":"USD","\\u0061mount":"1.00"}', 'amount'],
      ['one equal to it', '{"amount":"1.00","currency":"USD","currency":"USD"}', 'currency'],
      ['deep inside', '{"amount":"1.00","currency":"USD","metadata":{"a":[{"b":1},{"b":1, "b" :2}]}}', 'metadata.a.1.b'],
      [
        'what is deep',
        `{"amount":"1.00","currency":"USD","metadata":${'['.repeat(50_000)}${']'.repeat(50_000)},"metadata":{}}`,
        'metadata',
      ],
      ['its prototype', '{"amount":"1.00","currency":"USD","metadata":{"__proto__":1,"__proto__":2}}', 'metadata.__proto__'],
    ] as const
  ).map(([name, body, field]) => post(`a member twice: ${name}`, DEPOSITS, body, 400, 'invalid_request', field)),
  post('a very deep body', DEPOSITS, `${'['.repeat(100_000)}${']'.repeat(100_000)}`, 400, 'invalid_request'),
  post('2 MiB', DEPOSITS, { ...money, reference: 'x'.repeat(2 * 1024 * 1024) }, 413, 'body_too_large'),
  with_(post('no content type', DEPOSITS, Uint8Array.from(Buffer.from(JSON.stringify(money))), 415, 'unsupported_media_type'), {
    headers: { 'content-type': null },
  }),
  with_(post('a form', DEPOSITS, 'amount=1', 415, 'unsupported_media_type'), {
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  }),
  with_(post('text/plain', DEPOSITS, money, 415, 'unsupported_media_type'), { headers: { 'content-type': 'text/plain' } }),
  with_(post('another charset', DEPOSITS, money, 415, 'unsupported_media_type'), {
    headers: { 'content-type': 'application/json; charset=utf-16' },
  }),
  with_(post('a compressed body', DEPOSITS, money, 415, 'unsupported_media_type'), { headers: { 'content-encoding': 'gzip' } }),
  with_(post('no key', DEPOSITS, money, 400, 'idempotency_key_missing', 'Idempotency-Key'), { headers: { 'idempotency-key': null } }),
  with_(post('no key for a ledger', '/ledgers', { id: 'keyless' }, 400, 'idempotency_key_missing', 'Idempotency-Key'), {
    headers: { 'idempotency-key': null },
  }),
  with_(post('a key of 256 characters', DEPOSITS, money, 400, 'idempotency_key_invalid', 'Idempotency-Key'), {
    headers: { 'idempotency-key': 'k'.repeat(256) },
  }),
  with_(post('a key that is not ASCII', DEPOSITS, money, 400, 'idempotency_key_invalid', 'Idempotency-Key'), {
    headers: { 'idempotency-key': 'caf\u00e9' },
  }),
  ...(
    [
      [TRANSFERS, posting],
      [TRANSACTIONS, { postings: [posting] }],
      [BATCH, { atomic: true, transactions: [{ postings: [posting] }] }],
      [ACCOUNTS, { currency: 'USD' }],
      ['/ledgers/bad/currencies', { code: 'GEM', scale: 2 }],
      ['/ledgers', { id: 'matched' }],
    ] as const
  ).map(([path, body]) =>
    with_(post(`an If-Match for ${path}, which takes none`, path, body, 400, 'invalid_request', 'If-Match'), {
      headers: { 'if-match': '"1"' },
    }),
  ),
  with_(post('a weak If-Match', DEPOSITS, money, 400, 'invalid_request', 'If-Match'), { headers: { 'if-match': 'W/"1"' } }),
  with_(post('an If-Match without quotes', DEPOSITS, money, 400, 'invalid_request', 'If-Match'), { headers: { 'if-match': '1' } }),
  with_(get('nothing but XML accepted', `${ALICE}/balance`, 406, 'not_acceptable', 'Accept'), { headers: { accept: 'application/xml' } }),
  post('an unknown query parameter', `${DEPOSITS}?dry=true`, money, 400, 'invalid_request', 'dry'),
  post('a flag that is none', `${DEPOSITS}?dryRun=maybe`, money, 400, 'invalid_request', 'dryRun'),
  get('a route that is none', '/nothing', 404, 'not_found'),
  { ...post('a method that is none', `${ALICE}/balance`, {}, 405, 'method_not_allowed') },
];

const reads = [
  get('an unknown ledger read', '/ledgers/nowhere', 404, 'ledger_not_found'),
  get('an unknown account read', '/ledgers/bad/accounts/nobody/balance', 404, 'account_not_found'),
  get('an unknown transaction', '/ledgers/bad/transactions/999999', 404, 'transaction_not_found'),
  get('a transaction id that is none', '/ledgers/bad/transactions/abc', 400, 'invalid_request', 'transaction'),
  get('an as-of time that is none', `${ALICE}/balance?at=yesterday`, 400, 'invalid_time', 'at'),
  get('an as-of time in the future', `${ALICE}/balance?at=2999-01-01T00:00:00Z`, 400, 'time_in_future', 'at'),
  get('an effective time that is none', `${ALICE}/balance?effectiveAt=0`, 400, 'invalid_time', 'effectiveAt'),
  get('a parameter twice', `${ACCOUNTS}?limit=1&limit=2`, 400, 'invalid_request', 'limit'),
  get('a limit of 0', `${ACCOUNTS}?limit=0`, 400, 'invalid_request', 'limit'),
  get('a limit of 1,001', `${ACCOUNTS}?limit=1001`, 400, 'invalid_request', 'limit'),
  get('a cursor that is none', `${ACCOUNTS}?cursor=abc`, 400, 'invalid_cursor', 'cursor'),
  get('NUL in a query', `${ACCOUNTS}?q=%00`, 400, 'invalid_request', 'q'),
  get('a surrogate in a query', `${ACCOUNTS}?q=%ED%A0%80`, 400, 'invalid_request', 'q'),
  get('amounts without a currency', `${TRANSACTIONS}?minAmount=1`, 400, 'invalid_request', 'currency'),
  get('a position that is none', '/ledgers/bad/events?after=-1', 400, 'invalid_request', 'after'),
  with_(get('a consistency token that is none', `${ALICE}/balance`, 400, 'invalid_consistency_token', 'Ledger-Consistency'), {
    headers: { 'ledger-consistency': 'forged' },
  }),
  with_(get('an event id that is none', '/ledgers/bad/events/stream', 400, 'invalid_request', 'Last-Event-ID'), {
    headers: { 'last-event-id': 'x' },
  }),
  get('an address that is too long', `${ACCOUNTS}?q=${'x'.repeat(9_000)}`, 414, 'uri_too_long'),
];

const REBUILDS = '/admin/projections/account_summary/rebuilds';
const NO_ID = '0190c1a0-0000-7000-8000-000000000000';
/** For people who repair: none of it reaches the read side. */
const repairing = [
  get('a dead letter that is not there', '/admin/dlq/999999', 404, 'dead_letter_not_found'),
  get('a dead letter that is none', '/admin/dlq/abc', 400, 'invalid_request', 'deadLetter'),
  post('a retry of what is not there', '/admin/dlq/999999/retry', undefined, 404, 'dead_letter_not_found'),
  post('a discard without a reason', '/admin/dlq/999999/discard', {}, 400, 'invalid_request', 'reason'),
  post('a discard of what is not there', '/admin/dlq/999999/discard', { reason: 'x' }, 404, 'dead_letter_not_found'),
  post('a retry of all of an unknown ledger', '/admin/dlq/retry-all', { ledger: 'nowhere' }, 404, 'ledger_not_found'),
  get('dead letters of an account of no ledger', '/admin/dlq?account=alice', 400, 'invalid_request', 'account'),
  get('dead letters of a state that is none', '/admin/dlq?state=lost', 400, 'invalid_request', 'state'),
  get('a repair that is not there', `/admin/dlq/repairs/${NO_ID}`, 404, 'repair_not_found'),
  post('a rebuild of a projection that is none', '/admin/projections/nothing/rebuilds', {}, 404, 'projection_not_found'),
  post('a rebuild of an unknown ledger', REBUILDS, { ledger: 'nowhere' }, 404, 'ledger_not_found'),
  post('a rebuild of an account of no ledger', REBUILDS, { account: 'alice' }, 400, 'invalid_request', 'account'),
  post('a rebuild at no rate', REBUILDS, { ledger: 'bad', maxRatePerSecond: 0 }, 400, 'invalid_request', 'maxRatePerSecond'),
  post('a proof of one account', REBUILDS, { ledger: 'bad', account: 'alice', proveOnly: true }, 400, 'invalid_request', 'proveOnly'),
  post('a proof that is no yes or no', REBUILDS, { ledger: 'bad', proveOnly: 'yes' }, 400, 'invalid_request', 'proveOnly'),
  get('a rebuild that is not there', `${REBUILDS}/${NO_ID}`, 404, 'rebuild_not_found'),
  get('a rebuild whose id is none', `${REBUILDS}/abc`, 400, 'invalid_request', 'rebuild'),
  with_(get('a rebuild that is not there cancelled', `${REBUILDS}/${NO_ID}`, 404, 'rebuild_not_found'), { method: 'DELETE' }),
  get('the projections of one that is none', '/admin/projections?projection=nothing', 404, 'projection_not_found'),
  get('the audit since a time that is none', '/admin/audit?from=yesterday', 400, 'invalid_time', 'from'),
  ...(
    [
      ['GET', '/admin/dlq', undefined],
      ['GET', '/admin/audit', undefined],
      ['POST', '/admin/dlq/retry-all', {}],
      ['POST', REBUILDS, { ledger: 'bad' }],
    ] as const
  ).map(([method, path, body]): BadInput => ({
    ...post(`${method} ${path} by who may only look at ledgers`, path, body, 403, 'forbidden'),
    method,
    token: 'viewer',
  })),
  with_(post('a retry of all of every ledger by who has a grant for one', '/admin/dlq/retry-all', {}, 403, 'forbidden'), {
    token: 'foreign',
  }),
  with_(post('a rebuild of every ledger by who has a grant for one', REBUILDS, {}, 403, 'forbidden'), { token: 'foreign' }),
];

const tokens = (
  [
    ['none', 401, 'unauthenticated'],
    ['expired', 401, 'unauthenticated'],
    ['unsigned', 401, 'unauthenticated'],
    ['audience', 401, 'unauthenticated'],
    ['issuer', 401, 'unauthenticated'],
    ['tampered', 401, 'unauthenticated'],
    ['garbage', 401, 'unauthenticated'],
    ['foreign', 403, 'forbidden'],
    ['viewer', 403, 'forbidden'],
  ] as const
).map(([token, status, code]): BadInput => ({ ...post(`a token: ${token}`, DEPOSITS, money, status, code), token }));

export const BAD_INPUT: readonly BadInput[] = [...amounts, ...rules, ...shapes, ...transport, ...reads, ...repairing, ...tokens];
