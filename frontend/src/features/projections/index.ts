import { CircleStackIcon } from '@heroicons/react/24/outline';
import type { Feature } from '../../app/feature.ts';
import { strings } from './strings.ts';

export const projections: Feature = {
  id: 'projections',
  scope: 'site',
  path: 'projections',
  title: strings.title,
  navigation: { group: 'operations', icon: CircleStackIcon },
  needs: 'listProjections',
  letter: 'p',
  routes: [{ index: true, lazy: () => import('./page.tsx') }],
};
