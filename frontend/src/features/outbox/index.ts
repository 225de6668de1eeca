import { InboxArrowDownIcon } from '@heroicons/react/24/outline';
import type { Feature } from '../../app/feature.ts';
import { title } from './title.ts';

export const outbox: Feature = {
  id: 'outbox',
  scope: 'site',
  path: 'outbox',
  title,
  navigation: { group: 'operations', icon: InboxArrowDownIcon },
  needs: 'getOutbox',
  letter: 'x',
  routes: [{ index: true, lazy: () => import('./page.tsx') }],
};
