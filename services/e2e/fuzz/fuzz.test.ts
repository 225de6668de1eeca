import { describe, expect, it } from '@jest/globals';
import { findPython, pythonTag } from './program.ts';
import { isShort, parseFuzzOptions, schemathesisArguments } from './options.ts';
import { conclude, type SchemathesisReport, showStatuses } from './report.ts';

describe('the command line', () => {
  it('takes a seed, or makes one up', () => {
    expect(parseFuzzOptions(['--seed=7'])).toEqual({ options: { seed: 7, examples: 30 } });
    expect(parseFuzzOptions([], () => 0.5)).toEqual({ options: { seed: 1_073_741_823, examples: 30 } });
  });

  it.each([['--seed=-1'], ['--seed=x'], ['--examples=0'], ['--seconds=0'], ['--seconds=1.5'], ['--unknown'], ['file']])(
    'refuses %s with exit code 2',
    (flag) => expect(parseFuzzOptions([flag])).toEqual({ exitCode: 2 }),
  );

  it.each([
    [[], false],
    [['--examples=30'], false],
    [['--examples=29'], true],
    [['--seconds=3600'], true],
  ])('makes a short run of %j: %s', (argv, is) => {
    const parsed = parseFuzzOptions(argv);
    expect('options' in parsed && isShort(parsed.options)).toBe(is);
  });

  it('is passed on to schemathesis', () => {
    const files = { url: 'http://gateway', config: '/c.toml', report: '/r.json' };
    const bounded = schemathesisArguments({ seed: 7, examples: 5, seconds: 60, operation: ['getMe', 'getLedger'] }, files);
    expect(bounded.slice(0, 3)).toEqual(['--config-file=/c.toml', 'run', 'http://gateway/openapi.json']);
    expect(bounded).toEqual(
      expect.arrayContaining([
        '--seed=7',
        '--max-examples=5',
        '--max-time=60',
        '--include-operation-id=getMe',
        '--include-operation-id=getLedger',
        '--report-json-path=/r.json',
      ]),
    );
    expect(schemathesisArguments({ seed: 7, examples: 5 }, files).join(' ')).not.toMatch(/max-time|include/);
  });
});

describe('the verdict', () => {
  const report: SchemathesisReport = {
    complete: true,
    stop_reason: 'completed',
    operations: { selected: 44, tested: 44 },
    test_cases: { generated: 3_000, with_failures: 0, unique_failures: 0, errored: 0 },
    errors: [],
  };

  const WHOLE = { isShort: false };
  const statuses = { getMe: { 200: 3, 401: 1 }, createTransfer: { 201: 1, 400: 2 } };

  it('is good when all operations were reached and nothing was found', () =>
    expect(conclude(report, statuses, WHOLE)).toEqual({
      ok: true,
      line: '3000 cases on 44 of 44 operations, 0 with failures (0 different)',
    }));

  it.each<[string, Partial<SchemathesisReport>, string]>([
    ['failures', { test_cases: { ...report.test_cases, with_failures: 2, unique_failures: 1 } }, '2 with failures (1 different)'],
    ['errors', { errors: [{ title: 'Network Error', count: 3 }] }, '3 × Network Error'],
    ['cases that could not be sent', { test_cases: { ...report.test_cases, errored: 1 } }, '1 not sent'],
    ['nothing that was sent', { test_cases: { ...report.test_cases, generated: 0 } }, 'nothing was sent'],
    ['operations left out', { operations: { selected: 44, tested: 43 } }, '1 operations not reached'],
    ['a document that was not read', { operations: null }, 'nothing was selected'],
    ['an end before its time', { complete: false, stop_reason: 'interrupted' }, 'not complete (interrupted)'],
  ])('is bad with %s', (_, found, line) => {
    const conclusion = conclude({ ...report, ...found }, statuses, WHOLE);
    expect(conclusion.ok).toBe(false);
    expect(conclusion.line).toContain(line);
  });

  it('is bad with operations that never succeeded, which a short run only tells', () => {
    const rare = { ...statuses, getRepair: { 404: 9 }, getLedger: {} };
    const { ok, line } = conclude(report, rare, WHOLE);
    expect(ok).toBe(false);
    expect(line).toContain('never answered 2xx: getRepair, getLedger');
    expect(conclude(report, rare, { isShort: true })).toEqual({ ok: true, line });
  });

  it('shows what every operation answered', () =>
    expect(showStatuses(statuses)).toBe('getMe           200 × 3, 401 × 1\ncreateTransfer  201 × 1, 400 × 2\n'));
});

describe('Python', () => {
  it.each([
    ['3 11 cpython-311\n', 'cpython-311'],
    ['3 14 cpython-314\n', 'cpython-314'],
    ['3 10 cpython-310\n', null],
    ['2 7 cpython-27\n', null],
    ['', null],
  ])('that says %j is %j', (answer, tag) => expect(pythonTag(answer)).toBe(tag));

  it('is asked for when there is none', () => expect(findPython({ PATH: '/nowhere' })).rejects.toThrow('needs Python 3.11 or later'));
});
