/** What a person fills in. `legs` is a transaction of several postings. */
export const KINDS = ['transfer', 'deposit', 'withdrawal', 'legs'] as const;
export type Kind = (typeof KINDS)[number];
export const BATCH = 'batch';
/** What the address asks for. */
export const chosenKind = (kind: string | null | undefined): Kind | typeof BATCH =>
  kind === BATCH ? BATCH : (KINDS.find((one) => one === kind) ?? 'transfer');
export const LEGS_MAX = 100;

/** All as it was typed. A deposit has no `from`, a withdrawal no `to`. */
export interface Leg {
  from: string;
  to: string;
  amount: string;
  /** '': that of the accounts. */
  currency: string;
}

export interface Terms {
  reference: string;
  description: string;
  externalId: string;
  effectiveAt: string;
  metadata: string;
}

export interface Draft {
  legs: Leg[];
  terms: Terms;
}

/** Where something in a draft is wrong: `legs.0.amount`, `terms.externalId`. */
export type FieldPath = `legs.${number}.${keyof Leg}` | `terms.${keyof Terms}`;
export type Faults = Partial<Record<FieldPath, string>>;

export const emptyLeg = (): Leg => ({ from: '', to: '', amount: '', currency: '' });

export const emptyDraft = (kind: Kind): Draft => ({
  legs: kind === 'legs' ? [emptyLeg(), emptyLeg()] : [emptyLeg()],
  terms: { reference: '', description: '', externalId: '', effectiveAt: '', metadata: '' },
});

export const hasFrom = (kind: Kind): boolean => kind !== 'deposit';
export const hasTo = (kind: Kind): boolean => kind !== 'withdrawal';

/** The accounts that a draft names, each once. */
export const accountsOf = ({ legs }: Draft): string[] => [...new Set(legs.flatMap(({ from, to }) => [from, to]))].filter((id) => id !== '');
