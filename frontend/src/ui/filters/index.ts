export { FilterBar } from './filter-bar.tsx';
export { TextFilter } from './text-filter.tsx';
