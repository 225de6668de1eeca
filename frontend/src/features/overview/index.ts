import { HomeIcon } from '@heroicons/react/24/outline';
import type { Feature } from '../../app/feature.ts';
import { strings } from './strings.ts';

export const overview: Feature = {
  id: 'overview',
  scope: 'ledger',
  path: '',
  title: strings.title,
  navigation: { group: 'ledger', icon: HomeIcon },
  needs: 'getLedger',
  letter: 'o',
  routes: [{ index: true, lazy: () => import('./page.tsx') }],
};
