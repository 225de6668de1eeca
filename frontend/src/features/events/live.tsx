import { useEffect, useMemo, useRef, useState } from 'react';
import { Empty, Loading } from '../../ui/states/index.ts';
import { ExportButton } from '../../ui/table/index.ts';
import { exportColumns } from './export.ts';
import { RecordList } from './record-list.tsx';
import { StateBar, type Held } from './state-bar.tsx';
import { BEHIND_FILTERED, type Followed } from './stream.ts';
import { strings } from './strings.ts';
import { useFeed } from './use-feed.ts';
import classes from './events.module.css';

/** The list's top goes below the bar: one reads older records. */
const READING_MARGIN = '-112px 0px 0px 0px';

/** The live list and what is said of it. It is held while a person reads: paused by the button, an open record, scrolled down, or the keyboard within. */
export const Live = ({ followed }: { followed: Followed }) => <Shown followed={followed} {...useFeed(followed)} />;

export function Shown({ followed, feed, view, again }: { followed: Followed } & ReturnType<typeof useFeed>) {
  const [isPaused, setPaused] = useState(false);
  const [opened, setOpened] = useState<ReadonlySet<string>>(new Set());
  const [isScrolled, setScrolled] = useState(false);
  const [isInside, setInside] = useState(false);
  const top = useRef<HTMLDivElement>(null);
  const held: Held | null = isPaused ? 'button' : opened.size > 0 || isScrolled || isInside ? 'reading' : null;
  useEffect(() => feed.hold(held !== null), [feed, held]);
  useEffect(() => {
    const target = top.current;
    if (target === null) return;
    const observer = new IntersectionObserver(
      ([entry]) => entry !== undefined && setScrolled(entry.boundingClientRect.top < (entry.rootBounds?.top ?? 0)),
      { rootMargin: READING_MARGIN },
    );
    observer.observe(target);
    return () => observer.disconnect();
  }, []);

  const resume = (): void => {
    setPaused(false);
    setOpened(new Set());
    // A row that is scrolled away takes the focus with it, and nothing tells of that.
    setInside(false);
    if (isScrolled) top.current?.scrollIntoView({ block: 'start' });
  };
  const toggle = useMemo(
    () => (position: string) =>
      setOpened((before) => {
        const after = new Set(before);
        if (!after.delete(position)) after.add(position);
        return after;
      }),
    [],
  );
  const { records, state } = view;
  const isFiltered = followed.account !== undefined || followed.type !== undefined || followed.actor !== undefined;
  return (
    <div>
      <StateBar
        view={view}
        held={held}
        onPause={() => setPaused(true)}
        onResume={resume}
        onAgain={again}
        onDismiss={() => feed.dismiss()}
        actions={<ExportButton name={`${followed.ledger}-events`} columns={exportColumns} rows={() => records} />}
      />
      <div ref={top} className={classes['top']} />
      {records.length > 0 ? (
        <RecordList
          ledger={followed.ledger}
          account={followed.account ?? null}
          records={records}
          opened={opened}
          onToggle={toggle}
          onInside={setInside}
        />
      ) : state.kind === 'connecting' || state.kind === 'lost' ? (
        <Loading />
      ) : state.kind === 'ended' ? null : isFiltered ? (
        <Empty title={strings.noneFound}>{strings.noneFoundDetail(Number(BEHIND_FILTERED))}</Empty>
      ) : (
        <Empty title={strings.none}>{strings.noneDetail}</Empty>
      )}
    </div>
  );
}
