/** How a check ended. Not possible is neither right nor wrong: `why` says what was in the way. */
export type Outcome = 'ok' | 'wrong' | 'not possible';

export interface NotPossible {
  outcome: 'not possible';
  why: string;
  /** Whether the run is none the worse for it. */
  isExpected: boolean;
}

const notPossible = (error: unknown): NotPossible => ({
  outcome: 'not possible',
  why: (error as Error).message.replaceAll('\n', ' '),
  isExpected: false,
});

/** A check as a value, whatever goes wrong in it, so that the report of a run is always made. */
export function asOutcome<T>(check: () => Promise<T>): Promise<T | NotPossible> {
  return check().catch(notPossible);
}
