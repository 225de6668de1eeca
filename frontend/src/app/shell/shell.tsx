import { Alert, AppShell, Burger, Button, Group, NavLink, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { Suspense, useCallback, useEffect, useMemo, useState } from 'react';
import { Link, Outlet, ScrollRestoration, useLocation, useNavigate, useParams } from 'react-router';
import { may } from '../../api/access.ts';
import { useMe } from '../../api/session.ts';
import { useLate } from '../../ui/late/index.ts';
import { Loading } from '../../ui/states/index.ts';
import type { Feature, NavigationGroup } from '../feature.ts';
import { paths } from '../paths.ts';
import { useAppSelector } from '../state.ts';
import { strings } from '../strings.ts';
import { AccountSearch } from './account-search.tsx';
import { ConnectionBar } from './connection-bar.tsx';
import { LedgerSwitcher } from './ledger-switcher.tsx';
import { Reminders } from './reminders.tsx';
import { useKeys } from './sequences.ts';
import classes from './shell.module.css';
import { UserMenu } from './user-menu.tsx';

const GROUPS: readonly NavigationGroup[] = ['ledger', 'operations', 'site'];
const ICON = 18;
const loadHelp = async () => (await import('./help.tsx')).Help;

/** A part that came with the first press did not come. What one typed is still there, so reloading is left to the person. */
const MissingPart = () => (
  <Alert color="orange" role="alert" mb="md">
    <Group justify="space-between" gap="xs">
      {strings.newVersion}
      <Button size="xs" variant="default" onClick={() => location.reload()}>
        {strings.reload}
      </Button>
    </Group>
  </Alert>
);

/** Where a feature is, of the ledger at hand; null for one of a ledger when there is none. */
function placeOf({ scope, path }: Feature, ledger: string | null): string | null {
  if (scope === 'site') return `/${path}`;
  return ledger === null ? null : `${paths.overview(ledger)}${path === '' ? '' : `/${path}`}`;
}

function Navigation({ features, ledger, onGo }: { features: readonly Feature[]; ledger: string | null; onGo: () => void }) {
  const { pathname } = useLocation();
  return (
    <nav aria-label={strings.navigation}>
      {GROUPS.map((group) => {
        const inGroup = features.filter((feature) => feature.navigation?.group === group && placeOf(feature, ledger) !== null);
        if (inGroup.length === 0) return null;
        return (
          <div key={group} role="group" aria-labelledby={`group-${group}`}>
            <Text id={`group-${group}`} size="xs" c="dimmed" fw={600} px="sm" pt="sm" pb={4}>
              {strings.groups[group]}
            </Text>
            {inGroup.map((feature) => {
              const place = placeOf(feature, ledger);
              if (place === null) return null;
              const Icon = feature.navigation?.icon;
              const isHere = pathname === place || (feature.path !== '' && feature.path !== 'ledgers' && pathname.startsWith(`${place}/`));
              return (
                <NavLink
                  key={feature.id}
                  component={Link}
                  to={place}
                  label={feature.title}
                  active={isHere}
                  {...(isHere ? { 'aria-current': 'page' } : {})}
                  {...(Icon === undefined ? {} : { leftSection: <Icon width={ICON} aria-hidden /> })}
                  onClick={onGo}
                  className={classes['link'] ?? ''}
                />
              );
            })}
          </div>
        );
      })}
    </nav>
  );
}

/** Long after the first page is shown: nobody waits for them. */
const AHEAD_MS = 5_000;

/** Loads the code of the other pages, and of what reminds, while nothing else goes on, so that they are there when the gateway is not. */
function useLoadedAhead(features: readonly Feature[]): void {
  useEffect(() => {
    const timer = setTimeout(() => {
      for (const { lazy } of features.flatMap(({ routes }) => routes)) if (typeof lazy === 'function') lazy().catch(() => undefined);
      for (const { reminder } of features) reminder?.load().catch(() => undefined);
    }, AHEAD_MS);
    return () => clearTimeout(timer);
  }, [features]);
}

/** What the keys do: what lies on the page, and the features that are shown. */
function useShortcuts(features: readonly Feature[], ledger: string | null, field: HTMLInputElement | null, onHelp: () => void): void {
  const navigate = useNavigate();
  const hasKeys = useAppSelector((state) => state.preferences.hasKeys);
  const keys = useMemo(() => {
    if (!hasKeys) return new Map<string, () => void>();
    const actions = new Map<string, () => void>([
      ['/', () => field?.focus()],
      ['?', onHelp],
    ]);
    for (const feature of features) {
      const place = placeOf(feature, ledger);
      if (feature.letter !== undefined && place !== null) actions.set(`g ${feature.letter}`, () => void navigate(place));
    }
    return actions;
  }, [hasKeys, features, ledger, navigate, onHelp, field]);
  useKeys(keys);
}

/** Header, navigation of what one may do, the bar that says when something is wrong, and the page. */
export function Shell({ features }: { features: readonly Feature[] }) {
  const [isMenuOpen, menu] = useDisclosure();
  const [isHelpOpen, help] = useDisclosure();
  const [isPartMissing, setPartMissing] = useState(false);
  const onMissing = useCallback(() => setPartMissing(true), []);
  const [Help, askForHelp] = useLate(loadHelp, onMissing);
  useEffect(() => {
    if (isHelpOpen) askForHelp();
  }, [isHelpOpen, askForHelp]);
  const { ledger: inPath } = useParams();
  const last = useAppSelector((state) => state.preferences.ledger);
  const ledger = inPath ?? last;
  const { pathname } = useLocation();
  const [field, setField] = useState<HTMLInputElement | null>(null);
  const who = useMe();
  const shown = useMemo(
    () => features.filter(({ needs, scope }) => needs === null || may(who, needs, scope === 'ledger' ? (ledger ?? undefined) : undefined)),
    [features, ledger, who],
  );
  useShortcuts(shown, ledger, field, help.open);
  useLoadedAhead(shown);
  // A feature's page in another ledger; what lies deeper (an account, a transaction) is of this one.
  const feature =
    ledger === null
      ? undefined
      : features.find((one) => one.scope === 'ledger' && one.path !== '' && pathname.startsWith(placeOf(one, ledger) ?? ' '));
  return (
    <AppShell header={{ height: 56 }} navbar={{ width: 220, breakpoint: 'md', collapsed: { mobile: !isMenuOpen } }} padding="md">
      <a href="#content" className={classes['skip']}>
        {strings.skip}
      </a>
      <AppShell.Header>
        <Group h="100%" px="md" justify="space-between" wrap="nowrap">
          <Group gap="sm" wrap="nowrap">
            <Burger
              opened={isMenuOpen}
              onClick={menu.toggle}
              hiddenFrom="md"
              size="sm"
              aria-label={strings.menu}
              aria-expanded={isMenuOpen}
              aria-controls="navigation"
            />
            <Text component={Link} to="/" fw={700} className={classes['brand'] ?? ''} visibleFrom="xs">
              {strings.product}
            </Text>
            <LedgerSwitcher ledger={ledger} pathWithin={feature === undefined ? '' : `/${feature.path}`} onMissing={onMissing} />
          </Group>
          <Group gap="sm" wrap="nowrap">
            {ledger !== null && may(who, 'searchAccounts', ledger) ? (
              <Group visibleFrom="sm">
                <AccountSearch ledger={ledger} field={setField} />
              </Group>
            ) : null}
            <UserMenu onHelp={help.open} onMissing={onMissing} />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar id="navigation" p="xs" className={classes['navbar'] ?? ''} mod={{ closed: !isMenuOpen }}>
        <Navigation features={shown} ledger={ledger} onGo={menu.close} />
      </AppShell.Navbar>
      <AppShell.Main id="content" tabIndex={-1} className={classes['main'] ?? ''}>
        <ConnectionBar />
        {isPartMissing ? <MissingPart /> : null}
        <Reminders features={features} onMissing={onMissing} />
        <Suspense fallback={<Loading />}>
          <Outlet />
        </Suspense>
      </AppShell.Main>
      {Help === null ? null : <Help isOpen={isHelpOpen} onClose={help.close} features={shown} />}
      <ScrollRestoration />
    </AppShell>
  );
}
