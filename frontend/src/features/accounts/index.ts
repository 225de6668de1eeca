import { UsersIcon } from '@heroicons/react/24/outline';
import type { Feature } from '../../app/feature.ts';
import { title } from './title.ts';

export const accounts: Feature = {
  id: 'accounts',
  scope: 'ledger',
  path: 'accounts',
  title,
  navigation: { group: 'ledger', icon: UsersIcon },
  needs: 'listAccounts',
  letter: 'a',
  routes: [
    { index: true, lazy: () => import('./list/page.tsx') },
    { path: ':account', lazy: () => import('./account/page.tsx') },
  ],
};
