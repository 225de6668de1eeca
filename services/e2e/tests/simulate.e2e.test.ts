import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { TownDays, type TownEvent } from '../simulate/day.ts';
import { amountText } from '../simulate/ledger.ts';
import { townOf } from '../simulate/town.ts';
import type { ApiClient } from '../stack/client.ts';
import { Stack } from '../stack/stack.ts';
import { until } from '../stack/wait.ts';

const MAIN = join(import.meta.dirname, '../simulate/main.ts');
const SEED = 5;
const CUSTOMERS = 12;

interface Report {
  isNew: boolean;
  history: number;
  transactions: number;
  bounced: number;
  firstDay: string;
  through: string;
}

/** npm run simulate as its own process: what it leaves on the ledger is what the town's days add up to, interrupted or not. */
describe('npm run simulate', () => {
  let stack: Stack;
  let api: ApiClient;
  let token: string;
  const children = new Set<ChildProcess>();

  beforeAll(async () => {
    stack = await Stack.start();
    token = await stack.issuer.token({ roles: ['admin'], subject: 'town' });
    api = await stack.client({ roles: ['admin'], subject: 'town' });
  }, 120_000);
  afterAll(() => stack?.stop());
  afterEach(() => {
    for (const child of children) child.kill('SIGKILL');
  });

  function begin(ledger: string, ...args: string[]) {
    const { PATH = '', HOME = '' } = process.env;
    const child = spawn(process.execPath, [MAIN, '--json', `--ledger=${ledger}`, `--seed=${SEED}`, `--customers=${CUSTOMERS}`, ...args], {
      env: { PATH, HOME, LEDGERFLOW_URL: stack.url, LEDGERFLOW_TOKEN: token },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    children.add(child);
    child.once('close', () => children.delete(child));
    const said = { stdout: '', stderr: '' };
    child.stdout.on('data', (chunk: Buffer) => (said.stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (said.stderr += chunk.toString()));
    const ended = new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) =>
      child.once('close', (code) => resolve({ code, ...said })),
    );
    return { child, ended };
  }

  async function simulate(ledger: string, ...args: string[]): Promise<Report> {
    const { code, stdout, stderr } = await begin(ledger, ...args).ended;
    if (code !== 0) throw new Error(`exit code ${code}: ${stderr}`);
    return JSON.parse(stdout) as Report;
  }

  /** The balances that the town must have at a time, folded from its days without any ledger. */
  function balancesAt(firstDayMs: number, throughMs: number): { balances: Map<string, bigint>; done: TownEvent[] } {
    const days = new TownDays(townOf(SEED, CUSTOMERS), SEED, firstDayMs);
    const balances = new Map<string, bigint>();
    const done = new Map<string, TownEvent>();
    for (let day = 0; days.midnight(day) < throughMs; day++)
      for (const event of days.eventsOf(day)) {
        const { id, from, to, amount, timeMs, after } = event;
        const bounces = from !== null && (balances.get(from) ?? 0n) < amount;
        if (timeMs >= throughMs || bounces || (after !== null && !done.has(after))) continue;
        if (from !== null) balances.set(from, (balances.get(from) ?? 0n) - amount);
        if (to !== null) balances.set(to, (balances.get(to) ?? 0n) + amount);
        done.set(id, event);
      }
    return { balances, done: [...done.values()] };
  }

  async function expectTown(ledger: string, { firstDay, through }: Report): Promise<number> {
    const { balances, done } = balancesAt(Date.parse(firstDay), Date.parse(through));
    const answer = await api.get<{ data: { account: string; posted: string }[] }>(`/ledgers/${ledger}/balances?limit=1000`);
    const found = Object.fromEntries(
      answer.body.data.filter(({ account }) => account !== 'town-hall').map(({ account, posted }) => [account, posted]),
    );
    const untouched = Object.fromEntries(Object.keys(found).map((account) => [account, '0.00']));
    expect(found).toEqual({ ...untouched, ...Object.fromEntries([...balances].map(([account, minor]) => [account, amountText(minor)])) });
    return done.length;
  }

  it('fills the past, lives a day, and goes on where it was', async () => {
    const first = await simulate('whole', '--history-days=20', '--days=1', '--pace=600');
    expect(first).toMatchObject({ isNew: true });
    expect(await expectTown('whole', first)).toBe(first.transactions);
    expect(first.transactions).toBeGreaterThan(first.history);
    expect((Date.parse(first.through) - Date.parse(first.firstDay)) / 86_400_000).toBeGreaterThanOrEqual(21);

    const oldest = await api.get<{ data: { effectiveAt: string; recordedAt: string }[] }>(
      '/ledgers/whole/accounts/nordlicht-shipping/entries?limit=1',
    );
    expect(Date.parse(oldest.body.data[0]!.recordedAt) - Date.parse(oldest.body.data[0]!.effectiveAt)).toBeGreaterThan(19 * 86_400_000);

    const second = await simulate('whole', '--days=1', '--pace=600');
    expect(second).toMatchObject({ isNew: false, history: 0, firstDay: first.firstDay });
    expect(Date.parse(second.through) - Date.parse(first.through)).toBe(86_400_000);
    expect(await expectTown('whole', second)).toBe(first.transactions + second.transactions);
    expect((await api.get('/ledgers/whole/trial-balance')).body).toMatchObject({ balanced: true });
  }, 90_000);

  it('killed in the middle and started again, it is the same town', async () => {
    const { child, ended } = begin('killed', '--history-days=60', '--days=0');
    await until('some of the past has happened', async () => {
      const answer = await api.get<{ data?: unknown[] }>('/ledgers/killed/transactions?limit=60');
      return (answer.body.data?.length ?? 0) === 60;
    });
    child.kill('SIGKILL');
    await ended;
    const report = await simulate('killed', '--days=0');
    expect(report.isNew).toBe(false);
    await expectTown('killed', report);
  }, 90_000);

  it('leaves the town of another seed alone, and ledgers of others', async () => {
    const other = await begin('whole', '--seed=6', '--days=0').ended;
    expect([other.code, other.stdout]).toEqual([2, '']);
    expect(other.stderr).toMatch(/has the town of --seed=5 --customers=12/);
    expect((await begin('whole', '--base-url=http://ledger.example.com').ended).code).toBe(2);
    expect((await begin('whole', '--pace=0').ended).code).toBe(2);
  }, 60_000);
});
