import '@mantine/core/styles.css';
import './app/page.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app/app.tsx';
import { tellStyleLibraries } from './app/nonce.ts';
import { createQueryClient } from './app/query-client.ts';
import { features } from './app/registry.ts';
import { createRouter } from './app/router.tsx';
import { createStore } from './app/state.ts';

tellStyleLibraries();
const store = createStore(Object.assign({}, ...features.map(({ reducers }) => reducers ?? {})));
const queryClient = createQueryClient(store);
const router = createRouter(features);

createRoot(document.getElementById('root') as HTMLElement).render(
  <StrictMode>
    <App store={store} queryClient={queryClient} router={router} />
  </StrictMode>,
);
