import { BookOpenIcon } from '@heroicons/react/24/outline';
import type { Feature } from '../../app/feature.ts';
import { title } from './title.ts';

export const ledgers: Feature = {
  id: 'ledgers',
  scope: 'site',
  path: 'ledgers',
  title,
  navigation: { group: 'site', icon: BookOpenIcon },
  needs: 'listLedgers',
  letter: 'l',
  routes: [{ index: true, lazy: () => import('./page.tsx') }],
};
