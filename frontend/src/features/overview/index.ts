import { HomeIcon } from '@heroicons/react/24/outline';
import type { Feature } from '../../app/feature.ts';
import { title } from './title.ts';

export const overview: Feature = {
  id: 'overview',
  scope: 'ledger',
  path: '',
  title,
  navigation: { group: 'ledger', icon: HomeIcon },
  needs: 'getLedger',
  letter: 'o',
  routes: [{ index: true, lazy: () => import('./page.tsx') }],
};
