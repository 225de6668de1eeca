import type { FaultKind } from './history.ts';

export interface PlantedBug {
  service: 'ledger-writer' | 'read-model-builder' | 'admin-gateway';
  /** What is wrong with the service. */
  what: string;
  /** The check that names it. */
  check: string;
  /** Faults that the bug needs to show, if any. */
  faults: readonly FaultKind[];
}

/**
 * Bugs that can be planted into a service by PLANTED_BUG, to see that the checks find them. Their code is not even loaded unless
 * the process is started with --conditions=planted-bugs, and a service that is not under NODE_ENV=test does not start with one. Each is what a plausible mistake would do, not a random change.
 */
export const PLANTED_BUGS: Readonly<Record<string, PlantedBug>> = {
  'answers-early': {
    service: 'ledger-writer',
    what: 'answers before COMMIT; a crash in between loses what was answered',
    check: 'lost',
    faults: ['writer'],
  },
  'forgets-keys': {
    service: 'ledger-writer',
    what: 'does not know a key again, so that a retry has a second effect',
    check: 'doubled',
    faults: [],
  },
  'stale-balances': {
    service: 'ledger-writer',
    what: 'decides on balances read before the head was locked',
    check: 'arithmetic',
    faults: [],
  },
  'replays-anew': { service: 'ledger-writer', what: 'renders a repeated answer from the balances of now', check: 'replay', faults: [] },
  'ignores-tokens': {
    service: 'admin-gateway',
    what: 'does not wait for the position of a consistency token',
    check: 'stale read',
    faults: ['builder'],
  },
  'swaps-answers': {
    service: 'admin-gateway',
    what: 'gives the answers of a gathered call to the wrong callers',
    check: 'answer',
    faults: [],
  },
  'tears-checkpoint': {
    service: 'read-model-builder',
    what: 'commits rows and checkpoint in two transactions',
    check: 'wrong read',
    faults: [],
  },
};
