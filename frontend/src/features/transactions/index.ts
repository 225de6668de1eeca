import { ListBulletIcon } from '@heroicons/react/24/outline';
import type { Feature } from '../../app/feature.ts';
import { strings } from './strings.ts';

export const transactions: Feature = {
  id: 'transactions',
  scope: 'ledger',
  path: 'transactions',
  title: strings.title,
  navigation: { group: 'ledger', icon: ListBulletIcon },
  needs: 'listTransactions',
  letter: 't',
  routes: [{ index: true, lazy: () => import('./page.tsx') }],
};
