import type { Ledger } from '@ledgerflow/client';
import type { LoaderFunctionArgs, ShouldRevalidateFunctionArgs } from 'react-router';
import { queryClientContext } from '../../app/query-client-context.ts';
import { useLedger } from '../../api/ledger.ts';
import { formatAmount } from '../../ui/money/index.ts';
import { Page } from '../../ui/page/index.ts';
import { Time } from '../../ui/time/index.ts';
import { AttentionList } from './attention-list.tsx';
import { Figures } from './figures.tsx';
import classes from './overview.module.css';
import { askAhead, useCan, useHead } from './queries.ts';
import { Recent } from './recent.tsx';
import { Services } from './services.tsx';
import { strings } from './strings.ts';
import { title } from './title.ts';
import { Volume } from './volume.tsx';

/** What goes wrong here goes wrong on the page, too, and is said there. */
export function loader({ params: { ledger }, context }: LoaderFunctionArgs): null {
  if (ledger !== undefined) askAhead(context.get(queryClientContext), ledger).catch(() => undefined);
  return null;
}

/** What is asked for ahead is of the ledger; filters change nothing of it. */
export const shouldRevalidate = ({ currentParams, nextParams }: ShouldRevalidateFunctionArgs): boolean =>
  currentParams['ledger'] !== nextParams['ledger'];

function About({ ledger }: { ledger: Ledger }) {
  const { position, recordedAt } = useHead(ledger.id).data ?? ledger;
  return (
    <>
      <span className="id">{ledger.id}</span> · {strings.about(formatAmount(position))}, {strings.newest} <Time at={recordedAt} />
    </>
  );
}

/** How the ledger stands: what needs attention first, then the figures, what moves, and what carries it. */
export function Component() {
  const ledger = useLedger();
  const can = useCan();
  return (
    <Page title={title} about={<About ledger={ledger} />}>
      <AttentionList ledger={ledger.id} />
      <Figures ledger={ledger.id} />
      <Volume ledger={ledger} />
      <div className={classes['halves']}>
        <Recent ledger={ledger.id} />
        {can.health ? <Services /> : null}
      </div>
    </Page>
  );
}
