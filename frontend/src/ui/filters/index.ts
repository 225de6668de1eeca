export { FilterCard } from './filter-card.tsx';
export { type FilterRead, TextFilter } from './text-filter.tsx';
