import type { Account, BodyOf } from '@ledgerflow/client';
import { isSame, metadataOf, type Pair, pairsOf } from '../metadata.ts';

export interface EditValues {
  name: string;
  minBalance: string;
  maxBalance: string;
  metadata: Pair[];
}

type Editable = 'name' | 'minBalance' | 'maxBalance' | 'metadata';

export const valuesOf = ({ name, minBalance, maxBalance, metadata }: Account): EditValues => ({
  name: name ?? '',
  minBalance: minBalance ?? '',
  maxBalance: maxBalance ?? '',
  metadata: pairsOf(metadata),
});

const sorted = (metadata: object): string => JSON.stringify(Object.entries(metadata).toSorted(([a], [b]) => (a < b ? -1 : 1)));

/** What the form changes of the account it began with; null: nothing. What stays is not sent. */
export function editOf(base: Account, values: EditValues): BodyOf<'updateAccount'> | null {
  const before = valuesOf(base);
  const metadata = metadataOf(values.metadata);
  const limit = (text: string): string | null => (text.trim() === '' ? null : text.trim());
  const body: BodyOf<'updateAccount'> = {
    ...(values.name === before.name ? {} : { name: values.name }),
    ...(limit(values.minBalance) === base.minBalance ? {} : { minBalance: limit(values.minBalance) }),
    ...(limit(values.maxBalance) === base.maxBalance ? {} : { maxBalance: limit(values.maxBalance) }),
    ...(isSame(values.metadata, before.metadata) || sorted(metadata) === sorted(base.metadata ?? {})
      ? {}
      : { metadata: metadata as Record<string, never> }),
  };
  return Object.keys(body).length === 0 ? null : body;
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
