import { useParams } from 'react-router';
import type { ReactNode } from 'react';
import { whyNot } from '../api/access.ts';
import { useMe } from '../api/session.ts';
import { Refused } from '../ui/states/index.ts';
import type { Feature } from './feature.ts';
import { strings } from './strings.ts';

/** A feature's pages for those who may see them, and for others what they lack. */
export function Guard({ feature, children }: { feature: Feature; children: ReactNode }) {
  const me = useMe();
  const { ledger } = useParams();
  const reason = feature.needs === null ? null : whyNot(me, feature.needs, feature.scope === 'ledger' ? ledger : undefined);
  if (reason === null) return children;
  return <Refused>{'roles' in reason ? strings.needsRole(reason.roles) : strings.needsGrant(reason.grant)}</Refused>;
}
