import { randomUUID } from 'node:crypto';
import { readCheckpoints, type LedgerCheckpoint } from '../apply/checkpoints.ts';
import type { Resources } from '../rebuild/attended.ts';
import { readHead, type Head } from '../rebuild/heads.ts';
import { claimRebuild, finishRebuild } from '../rebuild/store.ts';
import { commonPosition, planText, unfitness, type EpochPlan, type Unfit } from './plan.ts';

/** A plan as it is shown: positions are texts. */
interface ShownPlan {
  ledger: string;
  reason: string;
  from: { epoch: number; position: string };
  to: { epoch: number; position: string };
  commonPosition: string | null;
}

/** A ledger that is left as it is, and why. */
export interface LeftLedger {
  ledger: string;
  kind: Unfit | 'not in the read model';
  text: string;
}

/** Finds out which ledgers can be taken into the writer's epoch. */
export class Adoption {
  private readonly resources: Resources;

  constructor(resources: Resources) {
    this.resources = resources;
  }

  /** Of one ledger, or of all at which the read side has stopped. Changes nothing. Rejects when the read model or a writer can not be reached. */
  async plan(ledger: string | null): Promise<{ plans: { plan: ShownPlan; text: string }[]; left: LeftLedger[] }> {
    const checkpoints = await readCheckpoints(this.resources.pool, ledger === null ? null : [ledger]);
    const plans: { plan: ShownPlan; text: string }[] = [];
    const left: LeftLedger[] = [];
    if (ledger !== null && checkpoints.length === 0)
      left.push({ ledger, kind: 'not in the read model', text: `the read model has no ledger ${ledger}` });
    for (const checkpoint of checkpoints) {
      if (ledger === null && checkpoint.stoppedReason === null) continue;
      const head = await this.head(checkpoint.ledger);
      const unfit = unfitness(checkpoint, head);
      if (unfit !== null) left.push({ ledger: checkpoint.ledger, ...unfit });
      else {
        const plan = await this.planOf(checkpoint, head as Head);
        plans.push({ plan: shown(plan), text: planText(plan) });
      }
    }
    return { plans, left };
  }

  /** One that broke off, and is gone on with. Those into an epoch before, that nobody works on, are ended: they would keep this one from beginning. */
  async open({ ledger, to }: Pick<ShownPlan, 'ledger' | 'to'>): Promise<string | null> {
    const { pool } = this.resources;
    const { rows } = await pool.query<{ id: string; epoch: number }>(
      'select id, epoch from read.rebuilds where finished_at is null and ledger = $1 and epoch <= $2 order by requested_at',
      [ledger, to.epoch],
    );
    for (const { id, epoch } of rows) {
      if (epoch === to.epoch) continue;
      const worker = randomUUID();
      if ((await claimRebuild(pool, worker, id)) === null) continue;
      await finishRebuild(pool, id, worker, 'cancelled', { error: `the ledger is in epoch ${to.epoch} by now`, difference: null });
    }
    return rows.find(({ epoch }) => epoch === to.epoch)?.id ?? null;
  }

  private async head(ledger: string): Promise<Head | null> {
    try {
      return await readHead(this.resources.channels, ledger);
    } catch (error) {
      throw new Error(`no writer can be reached, so nothing was changed: ${(error as Error).message}`, { cause: error });
    }
  }

  private async planOf(checkpoint: LedgerCheckpoint, head: Head): Promise<EpochPlan> {
    const { ledger, epoch, position, stoppedReason } = checkpoint;
    return {
      ledger,
      reason: stoppedReason ?? '',
      from: { epoch, position },
      to: { epoch: head.epoch, position: head.position },
      commonPosition: await commonPosition(this.resources.reader, checkpoint, head),
    };
  }
}

const shown = ({ from, to, commonPosition: common, ...plan }: EpochPlan): ShownPlan => ({
  ...plan,
  from: { ...from, position: `${from.position}` },
  to: { ...to, position: `${to.position}` },
  commonPosition: common === null ? null : `${common}`,
});
