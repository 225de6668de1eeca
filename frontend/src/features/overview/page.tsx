import { useLedger } from '../../api/ledger.ts';
import { formatAmount } from '../../ui/money/index.ts';
import { Page } from '../../ui/page/index.ts';
import { Time } from '../../ui/time/index.ts';
import { AttentionList } from './attention-list.tsx';
import { Figures } from './figures.tsx';
import classes from './overview.module.css';
import { useSources } from './queries.ts';
import { Recent } from './recent.tsx';
import { Services } from './services.tsx';
import { strings } from './strings.ts';
import { title } from './title.ts';
import { Volume } from './volume.tsx';

/** How the ledger stands: what needs somebody first, then the figures, what moves, and what carries it. */
export function Component() {
  const ledger = useLedger();
  const sources = useSources(ledger.id);
  const { position, recordedAt } = sources.head.data ?? ledger;
  return (
    <Page
      title={title}
      about={
        <>
          <span className="id">{ledger.id}</span> · {strings.about(formatAmount(position))}, {strings.newest} <Time at={recordedAt} />
        </>
      }
    >
      <AttentionList ledger={ledger.id} sources={sources} />
      <Figures ledger={ledger.id} sources={sources} />
      <Volume ledger={ledger} />
      <div className={classes['halves']}>
        <Recent ledger={ledger.id} />
        {sources.can.health ? <Services query={sources.health} /> : null}
      </div>
    </Page>
  );
}
