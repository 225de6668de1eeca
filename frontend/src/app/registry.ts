import { accounts } from '../features/accounts/index.ts';
import { audit } from '../features/audit/index.ts';
import { deadLetters } from '../features/dead-letters/index.ts';
import { events } from '../features/events/index.ts';
import { ledgers } from '../features/ledgers/index.ts';
import { me } from '../features/me/index.ts';
import { money } from '../features/money/index.ts';
import { outbox } from '../features/outbox/index.ts';
import { overview } from '../features/overview/index.ts';
import { projections } from '../features/projections/index.ts';
import { transactions } from '../features/transactions/index.ts';
import { trialBalance } from '../features/trial-balance/index.ts';
import type { Feature } from './feature.ts';

/** All rooms, in the order of the navigation. A further one is a folder and a line here. */
export const features: readonly Feature[] = [
  overview,
  accounts,
  money,
  transactions,
  events,
  trialBalance,
  outbox,
  deadLetters,
  projections,
  audit,
  ledgers,
  me,
];
