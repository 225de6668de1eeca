import { type Static, Type } from 'typebox';
import { oneOf, time } from './schema.ts';

export const Condition = Type.Object({
  type: Type.String({ maxLength: 316, description: 'Which condition' }),
  status: oneOf(['True', 'False', 'Unknown'], { description: 'Whether it holds' }),
  reason: Type.String({ minLength: 1, maxLength: 1024, description: 'Why, in one word for programs' }),
  message: Type.String({ maxLength: 32_768, description: 'Why, for people' }),
  lastTransitionTime: time('When its status last changed'),
  observedGeneration: Type.Optional(Type.Integer({ format: 'int64', minimum: 0, description: 'Of the spec it speaks of' })),
});
export type Condition = Static<typeof Condition>;

export const conditions = (description: string) =>
  Type.Array(Condition, { maxItems: 16, description, 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['type'] });

export interface ConditionNow {
  type: string;
  status: Condition['status'];
  reason: string;
  message: string;
}

const MESSAGE_LENGTH_MAX = 2_000;

/** A text of somebody else's as a condition or an event may hold it. */
export const bounded = (text: string, lengthMax = MESSAGE_LENGTH_MAX): string =>
  text.length <= lengthMax ? text : `${text.slice(0, lengthMax - 1)}…`;

/** Conditions as they are now; lastTransitionTime stays where the status of a condition did not change. Time: RFC 3339. */
export function withConditions(
  before: readonly Condition[],
  now: readonly ConditionNow[],
  { time: at, generation }: { time: string; generation: number },
): Condition[] {
  return now.map((condition) => {
    const last = before.find(({ type }) => type === condition.type);
    const lastTransitionTime = last !== undefined && last.status === condition.status ? last.lastTransitionTime : at;
    return { ...condition, message: bounded(condition.message), lastTransitionTime, observedGeneration: generation };
  });
}

export const conditionOf = (list: readonly Condition[] | undefined, type: string): Condition | undefined =>
  list?.find((condition) => condition.type === type);
