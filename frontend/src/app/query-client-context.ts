import type { QueryClient } from '@tanstack/react-query';
import { createContext } from 'react-router';

/** Where a page's loader finds it. */
export const queryClientContext = createContext<QueryClient>();
