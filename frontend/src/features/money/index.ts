import { ArrowsRightLeftIcon } from '@heroicons/react/24/outline';
import type { Feature } from '../../app/feature.ts';
import { lefts } from './batch/left.ts';
import { batches } from './batch/slice.ts';
import { intents } from './intent/slice.ts';
import { dueOf, isSending, type MoneyState } from './reminder/due.ts';
import { unreadOf, unreads } from './reminder/unread.ts';
import { title } from './title.ts';

export const money: Feature = {
  id: 'money',
  scope: 'ledger',
  path: 'move',
  title,
  navigation: { group: 'ledger', icon: ArrowsRightLeftIcon },
  needs: 'createTransfer',
  letter: 'm',
  routes: [{ index: true, lazy: () => import('./page.tsx') }],
  reminder: {
    isDue: (state: MoneyState, who) => dueOf(state, who).length > 0 || unreadOf(state.moneyUnread, who).length > 0,
    isUnsettled: (state: MoneyState, who) => isSending(state, who) || dueOf(state, who).length > 0,
    load: async () => (await import('./reminder/reminder.tsx')).Reminder,
  },
  reducers: { money: intents.reducer, moneyBatches: batches.reducer, moneyLeft: lefts.reducer, moneyUnread: unreads.reducer },
};
