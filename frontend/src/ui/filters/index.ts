export { FilterBar } from './filter-bar.tsx';
export { FilterCard } from './filter-card.tsx';
export { TextFilter } from './text-filter.tsx';
