import '@mantine/core/styles.css';
import './app/page.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { matchPath } from 'react-router';
import { ledgerQuery } from './api/ledger.ts';
import { me } from './api/session.ts';
import { App } from './app/app.tsx';
import { tellStyleLibraries } from './app/nonce.ts';
import { createQueryClient } from './app/query-client.ts';
import { features } from './app/registry.ts';
import { createRouter } from './app/router.tsx';
import { createStore } from './app/state.ts';

tellStyleLibraries();
const store = createStore(Object.assign({}, ...features.map(({ reducers }) => reducers ?? {})));
const queryClient = createQueryClient(store);
// Asked for while the page's own part is still on its way: what every page waits for.
const { ledger } = matchPath('/ledgers/:ledger/*', location.pathname)?.params ?? {};
void queryClient.prefetchQuery(me);
if (ledger !== undefined) void queryClient.prefetchQuery(ledgerQuery(ledger));
const router = createRouter(features, queryClient);

createRoot(document.getElementById('root') as HTMLElement).render(
  <StrictMode>
    <App store={store} queryClient={queryClient} router={router} />
  </StrictMode>,
);
