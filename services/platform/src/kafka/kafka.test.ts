import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { BreakerOpenError, cloudEventHeaders, createBreaker } from './index.ts';
import { KafkaTimeoutError, backOffMs, isTopicMissing, reasonOf, within } from './limits.ts';

describe('cloudEventHeaders', () => {
  it('names the record by ledger uuid, epoch and position', () => {
    const record = {
      ledger: 'acme:eu',
      ledgerUuid: '0191f0c0-0000-7000-8000-000000000001',
      epoch: 2,
      position: 41n,
      recordedAt: '2026-11-21T04:51:40.123456Z',
    };
    expect(cloudEventHeaders('io.ledgerflow.record.v1', record)).toEqual({
      ce_specversion: '1.0',
      ce_id: '0191f0c0-0000-7000-8000-000000000001/2/41',
      ce_source: '/ledgers/acme:eu',
      ce_type: 'io.ledgerflow.record.v1',
      ce_subject: 'records/41',
      ce_time: '2026-11-21T04:51:40.123456Z',
      ce_partitionkey: 'acme:eu',
      'content-type': 'application/json',
    });
  });
});

describe('createBreaker', () => {
  afterEach(() => {
    jest.restoreAllMocks();
  });

  it('opens after failures in a row, refuses while open, and closes by one successful trial', async () => {
    const states: string[] = [];
    const breaker = createBreaker({ failuresMax: 2, waitMinMs: 20, waitMaxMs: 40, onChange: (state) => states.push(state) });
    let now = 1_000;
    jest.spyOn(Date, 'now').mockImplementation(() => now);
    const trialIsDue = (): void => void (now += breaker.waitMs);
    const fail = () => breaker.run(() => Promise.reject(new Error('no')));
    await expect(fail()).rejects.toThrow('no');
    expect(breaker.state).toBe('closed');
    await expect(fail()).rejects.toThrow('no');
    expect(breaker.state).toBe('open');
    expect(breaker.waitMs).toBeGreaterThan(0);
    await expect(breaker.run(async () => 1)).rejects.toThrow(BreakerOpenError);
    trialIsDue();
    await expect(fail()).rejects.toThrow('no');
    expect(breaker.state).toBe('open');
    trialIsDue();
    expect(await breaker.run(async () => 1)).toBe(1);
    expect(states).toEqual(['open', 'half-open', 'open', 'half-open', 'closed']);
    expect(breaker.waitMs).toBe(0);
  });

  it('lets a call through when its wait is over, though the clock moved while it opened', async () => {
    const breaker = createBreaker({ failuresMax: 1, waitMinMs: 20, waitMaxMs: 40 });
    let now = 1_000;
    jest
      .spyOn(Date, 'now')
      .mockImplementation(() => now)
      .mockImplementationOnce(() => now++);
    await expect(breaker.run(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    while (breaker.waitMs > 0) now++;
    expect(await breaker.run(async () => 1)).toBe(1);
  });
});

describe('limits', () => {
  it('bounds a wait and leaves nothing behind when the loser fails later', async () => {
    await expect(within(5, 'waiting', new Promise(() => undefined))).rejects.toThrow(KafkaTimeoutError);
    const { promise, reject } = Promise.withResolvers<void>();
    await expect(within(5, 'waiting', promise)).rejects.toThrow('waiting took longer than 5 ms');
    reject(new Error('late'));
    expect(await within(50, 'quick', Promise.resolve(7))).toBe(7);
  });

  it('backs off by doubling, within its bounds', () => {
    expect(backOffMs(0, 100, 1000)).toBe(0);
    for (let failures = 1; failures < 200; failures++) {
      const delayMs = backOffMs(failures, 100, 1000);
      expect(delayMs).toBeGreaterThanOrEqual(80);
      expect(delayMs).toBeLessThanOrEqual(1200);
    }
  });

  it('tells a topic that is missing from other failures, however deep kafkajs wraps it', () => {
    const missing = Object.assign(new Error('no'), { type: 'UNKNOWN_TOPIC_OR_PARTITION' });
    expect(isTopicMissing(new Error('retries', { cause: new Error('again', { cause: missing }) }))).toBe(true);
    expect(isTopicMissing(Object.assign(new Error('no'), { type: 'NOT_LEADER_FOR_PARTITION' }))).toBe(false);
    const endless = new Error('a');
    endless.cause = endless;
    expect(isTopicMissing(endless)).toBe(false);
    expect(isTopicMissing('text')).toBe(false);
  });

  it('says what was thrown, with its cause', () => {
    expect(reasonOf(new Error('a', { cause: new Error('b') }))).toBe('a: b');
    expect(reasonOf('text')).toBe('text');
  });
});
