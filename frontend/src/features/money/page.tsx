import { Tabs } from '@mantine/core';
import { lazy, Suspense } from 'react';
import { Page, useFilters } from '../../ui/page/index.ts';
import { Loading } from '../../ui/states/index.ts';
import { type Kind, KINDS } from './intent/draft.ts';
import { Flow } from './parts/flow.tsx';
import { strings } from './strings.ts';

const Batch = lazy(() => import('./batch/batch.tsx').then((module) => ({ default: module.Batch })));
const BATCH = 'batch';

export function Component() {
  const [{ kind, from, to }, setFilters] = useFilters(['kind', 'from', 'to']);
  const chosen: Kind | typeof BATCH = kind === BATCH ? BATCH : (KINDS.find((one) => one === kind) ?? 'transfer');
  return (
    <Page title={strings.title} about={strings.about}>
      <Tabs value={chosen} onChange={(value) => setFilters({ kind: value, from: null, to: null })} keepMounted={false}>
        <Tabs.List aria-label={strings.kind} mb="md">
          {[...KINDS, BATCH].map((one) => (
            <Tabs.Tab key={one} value={one}>
              {strings.kinds[one as Kind | typeof BATCH]}
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
