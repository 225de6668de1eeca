import { Tabs } from '@mantine/core';
import { QuestionMarkCircleIcon } from '@heroicons/react/24/outline';
import { lazy, Suspense } from 'react';
import { useSelector } from 'react-redux';
import { useLedger } from '../../api/ledger.ts';
import { useMe } from '../../api/session.ts';
import { Page, useFilters } from '../../ui/page/index.ts';
import { Loading } from '../../ui/states/index.ts';
import { BATCH, chosenKind, KINDS } from './intent/draft.ts';
import { placeKey } from './intent/slice.ts';
import type { WithIntents } from './intent/use-intent.ts';
import { Flow } from './parts/flow.tsx';
import { strings } from './strings.ts';

const Batch = lazy(() => import('./batch/batch.tsx').then((module) => ({ default: module.Batch })));

const Unknown = () => <QuestionMarkCircleIcon width={16} role="img" aria-label={strings.unknown.title} />;

/** Kinds of which something was sent and not answered. */
function useUnknown(): readonly string[] {
  const { id: ledger } = useLedger();
  const { id: who } = useMe();
  const names = useSelector(({ money }: WithIntents) =>
    KINDS.filter((kind) => money[placeKey({ who, ledger, kind })]?.phase === 'unknown').join(' '),
  );
  return names.split(' ');
}

export function Component() {
  const [{ kind, from, to }, setFilters] = useFilters(['kind', 'from', 'to']);
  const unknown = useUnknown();
  const chosen = chosenKind(kind);
  return (
    <Page title={strings.title} about={strings.about}>
      <Tabs value={chosen} onChange={(value) => setFilters({ kind: value, from: null, to: null })} keepMounted={false}>
        <Tabs.List aria-label={strings.kind} mb="md">
          {([...KINDS, BATCH] as const).map((one) => (
            <Tabs.Tab key={one} value={one} rightSection={unknown.includes(one) ? <Unknown /> : null}>
              {strings.kinds[one]}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {KINDS.map((one) => (
          <Tabs.Panel key={one} value={one}>
            <Flow
              kind={one}
              given={{ ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) }}
              onTaken={() => setFilters({ from: null, to: null })}
            />
          </Tabs.Panel>
        ))}
        <Tabs.Panel value={BATCH}>
          <Suspense fallback={<Loading />}>
            <Batch />
          </Suspense>
        </Tabs.Panel>
      </Tabs>
    </Page>
  );
}
