import { randomUUID } from 'node:crypto';
import { Latencies, type LatencySummary, openLoop } from '../driver/index.ts';
import type { Ground } from './ground.ts';
import { ACCOUNTS_EACH, accountId, ledgerId } from './writing.ts';

const IN_FLIGHT_MAX = 500;
const TOKEN = 'ledger-consistency';
/** Coprime to every size that is a power of ten or two, so that what comes after another is of another slot and in time of each ledger. */
const STRIDE = 7_919;

export interface Trickled {
  transfers: number;
  /** Not begun, because too many were under way. */
  shed: number;
  /** From the answer to the write to its being read. */
  visible: LatencySummary;
}

interface Written {
  position: string;
}

interface Balance {
  asOfPosition: string;
}

/** A transfer a turn, each in another ledger, and read back with its token, until the time is over or the signal says so. */
export async function trickle(ground: Ground, seconds: number, signal: AbortSignal = ground.signal): Promise<Trickled> {
  const { ledgers, trickleRate: ratePerSecond } = ground.options;
  const visible = new Latencies();
  let turn = 0;
  const work = async (): Promise<void> => {
    const n = turn++;
    const ledger = ledgerId((n * STRIDE) % ledgers);
    const [from, to] = [accountId(n % ACCOUNTS_EACH), accountId((n + 1) % ACCOUNTS_EACH)];
    const written = await ground.ask<Written>(`/ledgers/${ledger}/transfers`, {
      method: 'POST',
      headers: { 'idempotency-key': randomUUID() },
      body: { from, to, amount: '0.01', currency: 'USD' },
    });
    const answeredMs = performance.now();
    const token = written.headers[TOKEN] as string;
    const read = await ground.ask<Balance>(`/ledgers/${ledger}/accounts/${to}/balance`, { headers: { [TOKEN]: token } });
    visible.record(performance.now() - answeredMs);
    if (BigInt(read.body.asOfPosition) < BigInt(written.body.position))
      throw new Error(`a read with the token of position ${written.body.position} was answered from ${read.body.asOfPosition}`);
  };
  const { shed } = await openLoop({ ratePerSecond, inFlightMax: IN_FLIGHT_MAX, durationMs: seconds * 1_000, signal }, work);
  return { transfers: turn, shed, visible: visible.summary() };
}
