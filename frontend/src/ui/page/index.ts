export { useFilters } from './filters.ts';
export { Page } from './page.tsx';
