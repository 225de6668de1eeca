export { FilterCard } from './filter-card.tsx';
export { TextFilter } from './text-filter.tsx';
