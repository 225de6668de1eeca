import { completedBlocks, type BlockRange } from '@ledgerflow/read-model/projections';
import type { CheckName } from './checks.ts';
import type { Findings } from './differences.ts';
import type { StatementEvent } from './fold.ts';
import type { Rows } from './merge.ts';
import type { BlockRow, CorrectionRow } from './read-rows.ts';

export interface CorrectionRows {
  corrections: Rows<CorrectionRow>;
  blocks: Rows<BlockRow>;
}

const isBefore = (row: BlockRow, { level, block }: BlockRange): boolean => row[2] < level || (row[2] === level && row[3] < block);

/**
 * The read model's corrections of one account after the other, beside the entries that make them, and then its blocks, beside the corrections that were just found
 * right. In a block each row has the effective time of its correction, and rows are unique by time and ordinal: as many of them as the block has ordinals are all of
 * its corrections, so nothing has to be kept or sorted. After an account's first difference the rest of its rows is passed over.
 */
export class CorrectionCheck {
  private readonly rows: CorrectionRows;
  private readonly findings: Findings;
  private readonly count: (check: CheckName) => void;
  private number = 0;
  private id: string | null = null;
  private ordinal = 0;
  private sum = 0n;
  private isBroken = false;

  constructor(rows: CorrectionRows, findings: Findings, count: (check: CheckName) => void) {
    this.rows = rows;
    this.findings = findings;
    this.count = count;
  }

  /** Rows of accounts that the log does not have: those below `number`. Then that account begins. */
  async begin(number: number): Promise<void> {
    const { corrections, blocks } = this.rows;
    this.id = null;
    while ((corrections.has || (await corrections.more())) && corrections.head[0] < number) {
      const [stray, , position] = corrections.take();
      this.say('read corrections', position, `the read model has a correction of account number ${stray}, which the log never opened`);
    }
    while ((blocks.has || (await blocks.more())) && blocks.head[0] < number) {
      const [stray, position] = blocks.take();
      this.say(
        'read correction blocks',
        position,
        `the read model has blocks of corrections of account number ${stray}, which the log never opened`,
      );
    }
    this.number = number;
    this.ordinal = 0;
    this.sum = 0n;
    this.isBroken = false;
  }

  /** The account's next entry that takes effect at another time than it is recorded. */
  async entry({ position, index, effectiveAt, amount }: StatementEvent, id: string | null): Promise<void> {
    if (this.isBroken) return;
    const { corrections } = this.rows;
    const ordinal = ++this.ordinal;
    this.sum += amount ?? 0n;
    this.id = id;
    const what = `correction ${ordinal} of account ${id} in the read model`;
    const isThere = (corrections.has || (await corrections.more())) && corrections.head[0] === this.number;
    if (!isThere || corrections.head[1] > ordinal)
      return this.say('read corrections', position, `${what} is missing: it is event ${index} of position ${position}`);
    const row = corrections.take();
    this.count('read corrections');
    if (row[1] < ordinal)
      return this.say(
        'read corrections',
        row[2],
        `the read model has a correction ${row[1]} of account ${id}, where they are numbered from 1`,
      );
    const fields: [string, unknown, unknown][] = [
      ['position', row[2], position],
      ['event', row[3], index],
      ['effective time', row[4], effectiveAt],
      ['amount', row[5], amount],
      ['sum', row[6], this.sum],
    ];
    for (const [name, found, expected] of fields)
      if (found !== expected)
        return this.say('read corrections', position, `${what} has the ${name} ${String(found)}, the log says ${String(expected)}`);
  }

  /** After the account's last event that the statement has, whose position this is; null: it has none. */
  async finish(position: number | null, id: string | null): Promise<void> {
    const { corrections } = this.rows;
    this.id = id;
    if (!this.isBroken && (corrections.has || (await corrections.more())) && corrections.head[0] === this.number)
      this.say(
        'read corrections',
        corrections.head[2],
        `the read model has a correction ${corrections.head[1]} of account ${id}, of which the log up to where it should be has ${this.ordinal}`,
      );
    if (!this.isBroken) await this.blocks(position);
    await this.passOver();
  }

  /** What is left of the account's rows. */
  async passOver(): Promise<void> {
    const { corrections, blocks } = this.rows;
    while ((corrections.has || (await corrections.more())) && corrections.head[0] === this.number) corrections.take();
    while ((blocks.has || (await blocks.more())) && blocks.head[0] === this.number) blocks.take();
  }

  private say(check: CheckName, position: number | null, message: string): void {
    this.isBroken = true;
    this.findings.add(check, position, this.id, message);
  }

  private async blocks(position: number | null): Promise<void> {
    const { blocks } = this.rows;
    for (const block of completedBlocks(0, this.ordinal)) {
      await this.block(block, position);
      if (this.isBroken) return;
    }
    if (!((blocks.has || (await blocks.more())) && blocks.head[0] === this.number)) return;
    const [, at, level, block] = blocks.head;
    this.say(
      'read correction blocks',
      at ?? position,
      `the read model has rows in block ${block} of level ${level} of account ${this.id}, which its ${this.ordinal} corrections do not fill`,
    );
  }

  private async block(expected: BlockRange, position: number | null): Promise<void> {
    const { blocks } = this.rows;
    const { level, block, first, last } = expected;
    const what = `block ${block} of level ${level} of account ${this.id} in the read model`;
    let taken = 0;
    let sum = 0n;
    while ((blocks.has || (await blocks.more())) && blocks.head[0] === this.number) {
      const row = blocks.head;
      if (isBefore(row, expected))
        return this.say(
          'read correction blocks',
          row[1] ?? position,
          `the read model has a block ${row[3]} of level ${row[2]} of account ${this.id}`,
        );
      if (row[2] !== level || row[3] !== block) break;
      blocks.take();
      this.count('read correction blocks');
      taken += 1;
      const [, at, , , effectiveAt, ordinal, sumAfter, correctionEffectiveAt, amount] = row;
      if (ordinal < first || ordinal > last || effectiveAt !== correctionEffectiveAt)
        return this.say(
          'read correction blocks',
          at ?? position,
          `${what} has correction ${ordinal} at the effective time ${effectiveAt}; it is of the corrections ${first} to ${last}, and that one has ${correctionEffectiveAt}`,
        );
      sum += amount ?? 0n;
      if (sumAfter !== sum)
        return this.say(
          'read correction blocks',
          at ?? position,
          `${what} has the sum ${sumAfter} up to correction ${ordinal}, its rows up to there make ${sum}`,
        );
    }
    if (taken !== last - first + 1)
      this.say(
        'read correction blocks',
        position,
        `${what} ${taken === 0 ? 'is missing' : `has ${taken} rows`}: it is of the corrections ${first} to ${last}`,
      );
  }
}
