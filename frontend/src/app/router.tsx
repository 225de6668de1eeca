import { Alert, Anchor, Button, Center, Container, Loader, Stack, Text } from '@mantine/core';
import { LedgerFlowProblem } from '@ledgerflow/client';
import { type QueryClient, useQuery, useSuspenseQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import {
  createBrowserRouter,
  isRouteErrorResponse,
  Link,
  Navigate,
  Outlet,
  type RouteObject,
  RouterContextProvider,
  useRouteError,
} from 'react-router';
import { STALE_MS } from '../api/keys.ts';
import { answerOf } from '../api/queries.ts';
import { me, signInPath, useMe } from '../api/session.ts';
import { whyNot } from '../api/access.ts';
import { Problem } from '../ui/problem/index.ts';
import { Missing } from '../ui/states/index.ts';
import type { Feature } from './feature.ts';
import { Guard } from './guard.tsx';
import { OfLedger } from './of-ledger.tsx';
import { paths } from './paths.ts';
import { queryClientContext } from './query-client-context.ts';
import { Shell } from './shell/shell.tsx';
import { useAppSelector } from './state.ts';
import { strings } from './strings.ts';

/** A chunk that is not there: the gateway has a newer page than this one. */
const isMissingChunk = (error: unknown): boolean =>
  error instanceof TypeError && /dynamically imported module|module script|Importing a module/i.test(error.message);

/** Between two reloads at least: what is missing after one will be missing again. */
const RELOAD_MS = 60_000;
const LOOK_MS = 2_000;
const RELOADED_KEY = 'ledgerflow-reloaded-at';

/** Once the gateway is there, the page is loaded anew: a browser does not ask a second time for a chunk that it did not get. */
function useReload(isNeeded: boolean): void {
  useEffect(() => {
    if (!isNeeded || Date.now() - Number(sessionStorage.getItem(RELOADED_KEY) ?? 0) < RELOAD_MS) return;
    const look = async (): Promise<void> => {
      const { ok } = await fetch('/healthz');
      if (!ok) return;
      sessionStorage.setItem(RELOADED_KEY, String(Date.now()));
      location.reload();
    };
    const timer = setInterval(() => void look().catch(() => undefined), LOOK_MS);
    return () => clearInterval(timer);
  }, [isNeeded]);
}

const NoSuchPage = () => <Missing title={strings.noSuchPage} wayOn={{ to: '/', label: strings.start }} />;

function Broken() {
  const error = useRouteError();
  useReload(isMissingChunk(error));
  if (isRouteErrorResponse(error) && error.status === 404) return <NoSuchPage />;
  if (isMissingChunk(error))
    return (
      <Alert color="orange" title={strings.broken}>
        <Stack align="flex-start" gap="xs">
          <Text size="sm">{strings.newVersion}</Text>
          <Button size="xs" onClick={() => location.reload()}>
            {strings.reload}
          </Button>
        </Stack>
      </Alert>
    );
  return (
    <Container py="xl">
      <Problem error={error} onRetry={() => location.reload()} />
    </Container>
  );
}

const Starting = () => (
  <Center mih="60vh">
    <Loader aria-label={strings.loading} />
  </Center>
);

/** How often it is looked whether the session goes on and the gateway is there, on a page that asks for nothing itself. */
const SESSION_LOOK_MS = 15_000;

/** Nobody without a session gets any further. */
function SignedIn({ features }: { features: readonly Feature[] }) {
  const { data, error, refetch } = useQuery({ ...me, refetchInterval: SESSION_LOOK_MS });
  const isNobody = error instanceof LedgerFlowProblem && error.status === 401 && data === undefined;
  useEffect(() => {
    if (isNobody) location.replace(signInPath());
  }, [isNobody]);
  // Somebody else begins anew: no form of the one before is theirs.
  if (data !== undefined) return <Shell key={data.id} features={features} />;
  if (error === null || isNobody) return <Starting />;
  return (
    <Container py="xl">
      <Problem error={error} onRetry={() => void refetch()} />
    </Container>
  );
}

/** The ledger last looked at, else the first one, else the list of them. */
function Home() {
  const last = useAppSelector((state) => state.preferences.ledger);
  const who = useMe();
  const { data } = useSuspenseQuery(answerOf('listLedgers', { limit: 1 }, STALE_MS.slow));
  const isLastTheirs = last !== null && whyNot(who, 'getLedger', last) === null;
  const ledger = isLastTheirs ? last : data.data[0]?.id;
  return <Navigate to={ledger === undefined ? paths.ledgers() : paths.overview(ledger)} replace />;
}

/** Where a sign-in in a new tab ends: the page it was for is in the other one. */
const SignedInElsewhere = () => (
  <Center mih="40vh">
    <Stack align="center" gap="xs">
      <Text>{strings.signedInElsewhere}</Text>
      <Anchor component={Link} to="/">
        {strings.goOnHere}
      </Anchor>
    </Stack>
  </Center>
);

const routeOf = (feature: Feature): RouteObject => ({
  path: feature.path,
  element: (
    <Guard feature={feature}>
      <Outlet />
    </Guard>
  ),
  errorElement: <Broken />,
  children: feature.routes,
});

export function createRouter(features: readonly Feature[], queryClient: QueryClient) {
  const of = (scope: Feature['scope']): RouteObject[] => features.filter((feature) => feature.scope === scope).map(routeOf);
  const getContext = (): RouterContextProvider => new RouterContextProvider(new Map([[queryClientContext, queryClient]]));
  const routes: RouteObject[] = [
    {
      path: '/',
      element: <SignedIn features={features} />,
      errorElement: <Broken />,
      hydrateFallbackElement: <Starting />,
      children: [
        { index: true, element: <Home />, errorElement: <Broken /> },
        { path: 'signed-in', element: <SignedInElsewhere /> },
        { path: 'ledgers/:ledger', element: <OfLedger />, errorElement: <Broken />, children: of('ledger') },
        ...of('site'),
        { path: '*', element: <NoSuchPage /> },
      ],
    },
  ];
  return createBrowserRouter(routes, { getContext });
}

export type AppRouter = ReturnType<typeof createRouter>;
