import type { Account, BodyOf } from '@ledgerflow/client';
import { explainFault, inScale, readAmount } from '../../../ui/money-input/index.ts';
import { LENGTHS, RULES } from '../list/opening.ts';
import { isSame, metadataOf, type Pair, pairsOf } from '../metadata.ts';
import { strings } from '../strings.ts';

export interface EditValues {
  name: string;
  minBalance: string;
  maxBalance: string;
  metadata: Pair[];
}

export const LIMITS = ['minBalance', 'maxBalance'] as const;
export type Mistakes = Partial<Record<'name' | (typeof LIMITS)[number], string>>;
type Edit = BodyOf<'updateAccount'>;
type Editable = 'name' | 'minBalance' | 'maxBalance' | 'metadata';

export const valuesOf = ({ name, minBalance, maxBalance, metadata }: Account): EditValues => ({
  name: name ?? '',
  minBalance: minBalance ?? '',
  maxBalance: maxBalance ?? '',
  metadata: pairsOf(metadata),
});

const sorted = (metadata: object): string => JSON.stringify(Object.entries(metadata).toSorted(([a], [b]) => (a < b ? -1 : 1)));

/** What the form changes of the account it began with (null: nothing; what stays is not sent), or what is wrong in which of its fields. Of metadata without mistakes. */
export function readEdit(base: Account, values: EditValues, scale: number): { edit: Edit | null } | { mistakes: Mistakes } {
  const { currency } = base;
  const before = valuesOf(base);
  const mistakes: Mistakes = {};
  const edit: Edit = {};
  const name = values.name.trim();
  if (name.length > LENGTHS.name) mistakes.name = strings.create.mistakes.long(LENGTHS.name);
  else if (values.name !== before.name && name !== before.name) edit.name = name;
  for (const limit of LIMITS) {
    const rule = { ...RULES[limit], scale, currency };
    const read = readAmount(values[limit], rule);
    if ('amount' in read) {
      if (inScale(read.amount, scale) !== base[limit]) edit[limit] = read.amount;
    } else if (read.fault !== 'empty') mistakes[limit] = explainFault(read.fault, rule, values[limit]);
    else if (base[limit] !== null) edit[limit] = null;
  }
  if (Object.keys(mistakes).length > 0) return { mistakes };
  const metadata = metadataOf(values.metadata);
  if (!isSame(values.metadata, before.metadata) && sorted(metadata) !== sorted(base.metadata ?? {}))
    edit.metadata = metadata as Record<string, never>;
  return { edit: Object.keys(edit).length === 0 ? null : edit };
}

/** Which of what can be edited is another than it was. */
export function changedSince(base: Account, newer: Account): Editable[] {
  const same: Readonly<Record<Editable, boolean>> = {
    name: (base.name ?? '') === (newer.name ?? ''),
    minBalance: base.minBalance === newer.minBalance,
    maxBalance: base.maxBalance === newer.maxBalance,
    metadata: sorted(base.metadata ?? {}) === sorted(newer.metadata ?? {}),
  };
  return (Object.keys(same) as Editable[]).filter((name) => !same[name]);
}
