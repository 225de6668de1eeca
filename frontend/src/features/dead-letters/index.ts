import { ExclamationTriangleIcon } from '@heroicons/react/24/outline';
import type { Feature } from '../../app/feature.ts';
import { title } from './title.ts';

export const deadLetters: Feature = {
  id: 'dead-letters',
  scope: 'site',
  path: 'dead-letters',
  title,
  navigation: { group: 'operations', icon: ExclamationTriangleIcon },
  needs: 'listDeadLetters',
  letter: 'd',
  routes: [
    { index: true, lazy: () => import('./page.tsx') },
    { path: ':deadLetter', lazy: () => import('./letter-page.tsx') },
  ],
};
