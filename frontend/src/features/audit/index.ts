import { ClipboardDocumentListIcon } from '@heroicons/react/24/outline';
import type { Feature } from '../../app/feature.ts';
import { title } from './title.ts';

export const audit: Feature = {
  id: 'audit',
  scope: 'site',
  path: 'audit',
  title,
  navigation: { group: 'operations', icon: ClipboardDocumentListIcon },
  needs: 'listAudit',
  letter: 'u',
  routes: [{ index: true, lazy: () => import('./page.tsx') }],
};
