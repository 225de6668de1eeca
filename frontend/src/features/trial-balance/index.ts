import { ScaleIcon } from '@heroicons/react/24/outline';
import type { Feature } from '../../app/feature.ts';
import { title } from './title.ts';

export const trialBalance: Feature = {
  id: 'trial-balance',
  scope: 'ledger',
  path: 'trial-balance',
  title,
  navigation: { group: 'ledger', icon: ScaleIcon },
  needs: 'getTrialBalance',
  letter: 'b',
  routes: [{ index: true, lazy: () => import('./page.tsx') }],
};
