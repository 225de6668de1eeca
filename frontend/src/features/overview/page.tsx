import type { Ledger } from '@ledgerflow/client';
import { useLedger } from '../../api/ledger.ts';
import { formatAmount } from '../../ui/money/index.ts';
import { Page } from '../../ui/page/index.ts';
import { Time } from '../../ui/time/index.ts';
import { AttentionList } from './attention-list.tsx';
import { Figures } from './figures.tsx';
import classes from './overview.module.css';
import { useCan, useHead } from './queries.ts';
import { Recent } from './recent.tsx';
import { Services } from './services.tsx';
import { strings } from './strings.ts';
import { title } from './title.ts';
import { Volume } from './volume.tsx';

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
