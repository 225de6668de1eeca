import { ListBulletIcon } from '@heroicons/react/24/outline';
import type { Feature } from '../../app/feature.ts';
import { title } from './title.ts';

export const transactions: Feature = {
  id: 'transactions',
  scope: 'ledger',
  path: 'transactions',
  title,
  navigation: { group: 'ledger', icon: ListBulletIcon },
  needs: 'listTransactions',
  letter: 't',
  routes: [
    { index: true, lazy: () => import('./page.tsx') },
    { path: ':transaction', lazy: () => import('./detail-page.tsx') },
  ],
};
