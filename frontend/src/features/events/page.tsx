import { useLedger } from '../../api/ledger.ts';
import { Page, useFilters } from '../../ui/page/index.ts';
import { FilterBar } from './filter-bar.tsx';
import { FILTERS } from './filters.ts';
import { Live } from './live.tsx';
import { strings } from './strings.ts';

export function Component() {
  const { id } = useLedger();
  const [filters, change] = useFilters(FILTERS);
  return (
    <Page title={strings.title} about={strings.about}>
      <FilterBar ledger={id} filters={filters} change={change} />
      <Live key={JSON.stringify([id, filters])} followed={{ ledger: id, ...filters }} />
    </Page>
  );
}
