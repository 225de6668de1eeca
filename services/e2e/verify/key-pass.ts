import type { Counts } from './checks.ts';
import { Findings } from './differences.ts';
import type { Rows } from './merge.ts';
import { readAll } from './reading.ts';
import type { ExternalIdRow, KeyRow, RefusalRow } from './rows.ts';

export interface KeyRows {
  keys: Rows<KeyRow>;
  refusals: Rows<RefusalRow>;
  externalIds: Rows<ExternalIdRow>;
}

export interface KeyResult {
  findings: Findings['list'];
  counts: Counts;
  keys: number;
  externalIds: number;
  /** All rows could be read; the numbers of keys and external ids mean something only then. */
  isComplete: boolean;
}

export interface KeyPassOptions {
  differencesMax: number;
  /** Whether a principal has this number. */
  isPrincipal: (number: number) => boolean;
  /** Position of a record by its key, for the message. */
  positionOf: (key: string) => Promise<number | null>;
}

/** Every key once, and none of them a refusal's as well. */
async function readKeys({ keys, refusals }: KeyRows, options: KeyPassOptions, findings: Findings): Promise<void> {
  let last = '';
  let lastRefused = '';
  const refusedBefore = async (key: string | null): Promise<void> => {
    while ((refusals.has || (await refusals.more())) && (key === null || refusals.head[0] < key)) {
      const [refused, actor, code] = refusals.take();
      if (refused <= lastRefused) findings.add('keys', null, null, `key ${refused} was refused twice`);
      if (!options.isPrincipal(actor))
        findings.add('principals', null, null, `the refusal ${code} of key ${refused} names principal ${actor}, who is not there`);
      lastRefused = refused;
    }
  };
  while (keys.has || (await keys.more())) {
    const [key] = keys.take();
    if (key <= last) findings.add('keys', await options.positionOf(key), null, `key ${key} stands on two records`);
    last = key;
    await refusedBefore(key);
    if (refusals.has && refusals.head[0] === key) {
      const position = await options.positionOf(key);
      findings.add('keys', position, null, `key ${key} of record ${position} has a refusal (${refusals.head[2]}) as well`);
    }
  }
  await refusedBefore(null);
}

/** Every external id once, and pointing to the transaction that has it. */
async function readExternalIds({ externalIds }: KeyRows, findings: Findings): Promise<void> {
  let lastId: string | null = null;
  while (externalIds.has || (await externalIds.more())) {
    const [id, position, index, found] = externalIds.take();
    if (id === lastId) findings.add('external ids', position, null, `the external id ${id} is there twice`);
    if (found !== id)
      findings.add(
        'external ids',
        position,
        null,
        `the external id ${id} points to transaction ${index} of position ${position}, which has ${found ?? 'none'}`,
      );
    lastId = id;
  }
}

/**
 * Keys and external ids, each in their order. External ids that point nowhere are told by their row; those that are missing only by their number (then a query finds
 * the first).
 */
export async function keyPass(rows: KeyRows, options: KeyPassOptions): Promise<KeyResult> {
  const findings = new Findings(options.differencesMax);
  const { keys, refusals, externalIds } = rows;
  const isComplete = await readAll(findings, async () => {
    await readKeys(rows, options, findings);
    await readExternalIds(rows, findings);
  });
  return {
    findings: findings.list,
    isComplete,
    counts: { keys: keys.taken + refusals.taken, 'external ids': externalIds.taken },
    keys: keys.taken,
    externalIds: externalIds.taken,
  };
}
