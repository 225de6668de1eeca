import { Type, type TSchema } from 'typebox';

/** One rule in CEL that the API server holds an object against, and what it tells the person whose object does not. */
export interface CelRule {
  rule: string;
  message: string;
}

export const cel = (...rules: CelRule[]) => ({ 'x-kubernetes-validations': rules });

/** Time in RFC 3339. */
export const time = (description: string) => Type.String({ format: 'date-time', description });
export const int32 = (options: { description: string; minimum?: number; maximum?: number; default?: number }) =>
  Type.Integer({ format: 'int32', ...options });
export const oneOf = <const T extends readonly string[]>(values: T, options: { description: string; default?: T[number] }) =>
  Type.Unsafe<T[number]>({ type: 'string', enum: values, ...options });

/** A map from text to text with bounds, without which the API server refuses rules on it as too dear. */
export const textMap = (options: { description: string; valueLengthMax: number } & Partial<ReturnType<typeof cel>>) => {
  const { valueLengthMax, ...rest } = options;
  return Type.Unsafe<Record<string, string>>({
    type: 'object',
    maxProperties: MAP_ENTRIES_MAX,
    additionalProperties: { type: 'string', maxLength: valueLengthMax },
    ...rest,
  });
};
export const MAP_ENTRIES_MAX = 32;

/** Ids of ledgers and accounts, as services/contracts says; RE2 has no look-ahead, so . and .. are refused by a rule. */
export const ledgerId = (what: string, description: string) =>
  Type.String({
    minLength: 1,
    maxLength: 128,
    pattern: '^[A-Za-z0-9_.:@-]+$',
    description,
    ...cel({ rule: "self != '.' && self != '..'", message: `${what} must not be . or ..` }),
  });

/**
 * That a spec stays as it was but for some members. Rules on the members themselves are not asked when an optional one comes or goes, so that they stand together on
 * the whole, in one expression.
 */
export function immutableBut(properties: Readonly<Record<string, TSchema>>, free: readonly string[], message: string): CelRule {
  const held = Object.entries(properties).filter(([name]) => !free.includes(name));
  const same = held.map(([name, schema]) => {
    const isAlwaysThere = !Type.IsOptional(schema);
    return isAlwaysThere
      ? `self.${name} == oldSelf.${name}`
      : `has(self.${name}) == has(oldSelf.${name}) && (!has(self.${name}) || self.${name} == oldSelf.${name})`;
  });
  return { rule: same.join(' && '), message };
}
