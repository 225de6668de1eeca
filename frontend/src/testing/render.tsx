import { MantineProvider } from '@mantine/core';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { configure, render, type RenderResult } from '@testing-library/react';
import type { ReactNode } from 'react';
import { MemoryRouter } from 'react-router';
import { type Zone, ZoneProvider } from '../ui/time/index.ts';

// Parts that are loaded late come late on a busy machine.
configure({ asyncUtilTimeout: 10_000 });

/** Draws a part as the app would, without its shell and its gateway. */
export function draw(part: ReactNode, { zone = 'utc', path = '/' }: { zone?: Zone; path?: string } = {}): RenderResult {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  return render(
    <MantineProvider env="test">
      <QueryClientProvider client={client}>
        <ZoneProvider zone={zone}>
          <MemoryRouter initialEntries={[path]}>{part}</MemoryRouter>
        </ZoneProvider>
      </QueryClientProvider>
    </MantineProvider>,
  );
}
