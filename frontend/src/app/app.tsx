import { MantineProvider } from '@mantine/core';
import { type QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { Provider } from 'react-redux';
import { RouterProvider } from 'react-router/dom';
import { ZoneProvider } from '../ui/time/zone.tsx';
import type { AppRouter } from './router.tsx';
import { nonce } from './nonce.ts';
import { type AppStore, useAppSelector } from './state.ts';
import { cssVariables, theme } from './theme.ts';
import { Toasts } from './toasts.tsx';

function Themed({ router }: { router: AppRouter }) {
  const zone = useAppSelector((state) => state.preferences.zone);
  return (
    <MantineProvider theme={theme} cssVariablesResolver={cssVariables} defaultColorScheme="auto" getStyleNonce={nonce}>
      <ZoneProvider zone={zone}>
        <Toasts />
        <RouterProvider router={router} />
      </ZoneProvider>
    </MantineProvider>
  );
}

export function App({ store, queryClient, router }: { store: AppStore; queryClient: QueryClient; router: AppRouter }) {
  return (
    <Provider store={store}>
      <QueryClientProvider client={queryClient}>
        <Themed router={router} />
      </QueryClientProvider>
    </Provider>
  );
}
