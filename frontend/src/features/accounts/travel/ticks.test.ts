import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from '@jest/globals';
import { toMicros } from '../../../ui/time/micros.ts';
import { ticksOf } from './ticks.ts';

const FIXTURE = fileURLToPath(new URL('ticks.fixture.ts', import.meta.url));

it.each(['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kolkata', 'Australia/Lord_Howe'])('are round, exact and few in %s', (zone) => {
  execFileSync(process.execPath, [FIXTURE], { env: { ...process.env, TZ: zone }, encoding: 'utf8', timeout: 30_000 });
});

it.each([
  ['2026-11-17T16:00:41', '2026-11-17T16:12:30', ['16:02', '16:04', '16:06', '16:08', '16:10', '16:12']],
  ['2026-11-17T16:23:59.9', '2026-11-17T16:24:01', ['16:24:00.0', '16:24:00.2', '16:24:00.4', '16:24:00.6', '16:24:00.8', '16:24:01.0']],
  ['2026-11-17T16:24:00.000001', '2026-11-17T16:24:00.000003', ['16:24:00.000001', '16:24:00.000002', '16:24:00.000003']],
  [
    '2026-11-17T23:59:00',
    '2026-11-18T00:00:20',
    ['11-17 23:59:00', '11-17 23:59:15', '11-17 23:59:30', '11-17 23:59:45', '11-18 00:00:00', '11-18 00:00:15'],
  ],
  ['2026-11-17T10:00:00', '2026-11-19T10:00:00', ['11-17 12:00', '11-18 00:00', '11-18 12:00', '11-19 00:00']],
  ['2026-10-26T10:00:00', '2026-11-05T10:00:00', ['2026-10-28', '2026-10-30', '2026-11-01', '2026-11-03', '2026-11-05']],
  ['2026-01-26T10:00:00', '2026-06-05T10:00:00', ['2026-02', '2026-03', '2026-04', '2026-05', '2026-06']],
  ['2021-01-26T10:00:00', '2026-06-05T10:00:00', ['2022', '2023', '2024', '2025', '2026']],
])('divide %s to %s', (from, to, labels) => {
  const { at, label } = ticksOf({ from: toMicros(`${from}Z`), to: toMicros(`${to}Z`) }, 'utc');
  expect(at.map(label)).toEqual(labels);
});

it('are none of a span that ends before it begins', () => {
  expect(ticksOf({ from: 10, to: 5 }, 'utc').at).toEqual([]);
});
