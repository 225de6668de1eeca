export const FILTERS = ['account', 'type', 'actor'] as const;
type FilterName = (typeof FILTERS)[number];
export type Filters = Partial<Record<FilterName, string>>;
export type Change = (changes: Partial<Record<FilterName, string | null>>) => void;
