import { LedgerFlowUnreachable } from '@ledgerflow/client';
import { useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import { Outlet, useParams } from 'react-router';
import { whyNot } from '../api/access.ts';
import { ledgerQuery } from '../api/ledger.ts';
import { useMe } from '../api/session.ts';
import { Answered, Refused } from '../ui/states/index.ts';
import { paths } from './paths.ts';
import { preferences } from './preferences.ts';
import { useAppDispatch } from './state.ts';
import { strings } from './strings.ts';

/** Everything of one ledger: refused or absent for all pages at once. */
export function OfLedger() {
  const { ledger = '' } = useParams();
  const who = useMe();
  const reason = whyNot(who, 'getLedger', ledger);
  const { data, error, refetch } = useQuery({ ...ledgerQuery(ledger), enabled: reason === null });
  const dispatch = useAppDispatch();
  const id = data?.id;
  useEffect(() => {
    if (id !== undefined) dispatch(preferences.actions.ledgerSeen(id));
  }, [id, dispatch]);
  if (reason !== null) return <Refused>{'roles' in reason ? strings.needsRole(reason.roles) : strings.needsGrant(reason.grant)}</Refused>;
  // That the gateway is away says the bar, and the page what it means there.
  const isSaid = data !== undefined && error instanceof LedgerFlowUnreachable;
  return (
    <Answered query={{ data, error: isSaid ? null : error, refetch }} wayOn={{ to: paths.ledgers(), label: strings.allLedgers }}>
      {() => <Outlet key={ledger} />}
    </Answered>
  );
}
