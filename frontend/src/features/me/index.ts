import { UserCircleIcon } from '@heroicons/react/24/outline';
import type { Feature } from '../../app/feature.ts';
import { title } from './title.ts';

export const me: Feature = {
  id: 'me',
  scope: 'site',
  path: 'me',
  title,
  navigation: { group: 'site', icon: UserCircleIcon },
  needs: null,
  letter: 'i',
  routes: [{ index: true, lazy: () => import('./page.tsx') }],
};
