import { BoltIcon } from '@heroicons/react/24/outline';
import type { Feature } from '../../app/feature.ts';
import { title } from './title.ts';

export const events: Feature = {
  id: 'events',
  scope: 'ledger',
  path: 'events',
  title,
  navigation: { group: 'ledger', icon: BoltIcon },
  needs: 'streamEvents',
  letter: 'e',
  routes: [{ index: true, lazy: () => import('./page.tsx') }],
};
