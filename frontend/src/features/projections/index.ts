import { CircleStackIcon } from '@heroicons/react/24/outline';
import type { Feature } from '../../app/feature.ts';
import { title } from './title.ts';

export const projections: Feature = {
  id: 'projections',
  scope: 'site',
  path: 'projections',
  title,
  navigation: { group: 'operations', icon: CircleStackIcon },
  // Rebuilds of one's own ledgers are an administrator's without the grant *; the table says that it needs that.
  needs: 'listRebuilds',
  letter: 'p',
  routes: [
    { index: true, lazy: () => import('./page.tsx') },
    { path: 'rebuilds', lazy: () => import('./rebuilds-page.tsx') },
    { path: 'rebuilds/:rebuild', lazy: () => import('./rebuild-page.tsx') },
  ],
};
