import { Affix, Alert, Button, Group } from '@mantine/core';
import { LedgerFlowUnreachable } from '@ledgerflow/client';
import { type QueryClient, type QueryFilters, useQueryClient } from '@tanstack/react-query';
import { ExclamationTriangleIcon, LockClosedIcon } from '@heroicons/react/24/outline';
import { useEffect } from 'react';
import { me, signInPath } from '../../api/session.ts';
import { formatInstant, fromDate, useZone } from '../../ui/time/index.ts';
import { useAppSelector } from '../state.ts';
import { strings } from '../strings.ts';

/** How often it is looked whether the gateway is back, or somebody signed in in another tab. */
const LOOK_MS = 3_000;

/** Above dialogs: it has to be reached from a form that one is filling. */
const Z_INDEX = 1_000;
const AT_THE_BOTTOM = { bottom: 0, left: 0, right: 0 };

/** When the oldest of what is shown was read, milliseconds; null: nothing is. */
function shownFromMs(client: QueryClient): number | null {
  const read = client
    .getQueryCache()
    .findAll({ type: 'active', predicate: ({ queryKey }) => queryKey[1] !== 'getMe' })
    .map(({ state: { dataUpdatedAt } }) => dataUpdatedAt)
    .filter((ms) => ms > 0);
  return read.length === 0 ? null : Math.min(...read);
}

/** What got no answer, and says that it is asked again on its own. */
const unanswered: QueryFilters = { predicate: ({ state: { error } }) => error instanceof LedgerFlowUnreachable };

/** Says that the gateway is away or the session is over, and looks until that has changed. */
export function ConnectionBar() {
  const { state, sinceMs } = useAppSelector((app) => app.connection);
  const client = useQueryClient();
  const zone = useZone();
  useEffect(() => {
    if (state === 'well') return;
    const before = client.getQueryData(me.queryKey);
    // One slow answer is no loss: what others were told is asked for again only when nothing was to be had.
    let isLoss = state === 'signed-out';
    const look = async (): Promise<void> => {
      try {
        const { id } = await client.fetchQuery({ ...me, staleTime: 0 });
        // What somebody else sees is asked for by the page that is drawn for them.
        if (isLoss && (before === undefined || before.id === id)) await client.invalidateQueries({}, { cancelRefetch: false });
      } catch {
        isLoss = true;
      }
    };
    const timer = setInterval(() => void look(), LOOK_MS);
    return () => clearInterval(timer);
  }, [state, client]);
  useEffect(() => {
    if (state === 'well') void client.invalidateQueries(unanswered, { cancelRefetch: false });
  }, [state, client]);
  if (state === 'well') return null;
  const at = (ms: number): string => formatInstant(fromDate(new Date(ms)), zone).slice(11);
  if (state === 'lost') {
    const fromMs = shownFromMs(client);
    return (
      <Affix position={AT_THE_BOTTOM} zIndex={Z_INDEX}>
        <Alert color="orange" variant="filled" radius={0} py="xs" icon={<ExclamationTriangleIcon />} title={strings.lost} role="alert">
          {strings.lostDetail(at(sinceMs), fromMs === null ? '–' : at(fromMs))}
        </Alert>
      </Affix>
    );
  }
  return (
    <Affix position={AT_THE_BOTTOM} zIndex={Z_INDEX}>
      <Alert color="orange" variant="filled" radius={0} py="xs" icon={<LockClosedIcon />} title={strings.signedOut} role="alert">
        <Group justify="space-between" gap="xs">
          {strings.signedOutDetail}
          <Group gap="xs">
            <Button component="a" href={signInPath('/signed-in')} target="_blank" rel="noopener" variant="white" color="dark" size="xs">
              {strings.signInNewTab}
            </Button>
            <Button component="a" href={signInPath()} variant="white" color="dark" size="xs">
              {strings.signIn}
            </Button>
          </Group>
        </Group>
      </Alert>
    </Affix>
  );
}
