import { ArrowsRightLeftIcon } from '@heroicons/react/24/outline';
import type { Feature } from '../../app/feature.ts';
import { batches } from './batch/slice.ts';
import { intents } from './intent/slice.ts';
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
  reducers: { money: intents.reducer, moneyBatches: batches.reducer },
};
