import { LedgerFlowUnreachable } from '@ledgerflow/client';
import { Button, Card, Group, Progress, Radio, Stack, Text, Title } from '@mantine/core';
import { QuestionMarkCircleIcon } from '@heroicons/react/24/outline';
import { useMemo } from 'react';
import { useLedger } from '../../../api/ledger.ts';
import { useMe } from '../../../api/session.ts';
import { Copy } from '../../../ui/copy/index.ts';
import { formatCount } from '../../../ui/count/index.ts';
import { Notice } from '../../../ui/notice/index.ts';
import { onFirstPress } from '../../../ui/press/index.ts';
import { Problem } from '../../../ui/problem/index.ts';
import classes from '../money.module.css';
import { strings } from '../strings.ts';
import { AnotherFile } from './another-file.tsx';
import { Begin } from './begin.tsx';
import { Rows, type ShownRow, statusOf } from './rows.tsx';
import { PART_ROWS_MAX } from './send.ts';
import { SendButton } from './send-button.tsx';
import { type Batch as BatchState, batches, batchPlace, isDoubtful, type Mode } from './slice.ts';
import { Sums } from './sums.tsx';
import { totalsOf } from './totals.ts';
import { useBatch, useDryRunOfRows, useSending } from './use-batch.ts';
import { useLeft } from './use-left.ts';

const text = strings.batch;
const { chosen, dropped, modeChosen } = batches.actions;

/** How many of which, in words: "28 done, 2 refused". */
function countsOf(rows: readonly ShownRow[]): string {
  const counts = { done: 0, would: 0, refused: 0, wrong: 0, open: 0 };
  for (const row of rows) {
    const status = statusOf(row);
    if (status === 'replayed') counts.done++;
    else if (status === 'done' || status === 'would' || status === 'refused' || status === 'wrong') counts[status]++;
    else counts.open++;
  }
  return (Object.keys(counts) as (keyof typeof counts)[])
    .filter((name) => counts[name] > 0)
    .map((name) => `${formatCount(counts[name])} ${text.counts[name]}`)
    .join(', ');
}

interface ReadyProps {
  batch: BatchState;
  isTrying: boolean;
  onMode: (mode: Mode) => void;
  onTry: () => void;
  onSend: () => void;
}

/** Before anything is sent: what is wrong in the file, and how it is to be done. */
function Ready({ batch, isTrying, onMode, onTry, onSend }: ReadyProps) {
  const { rows, mode } = batch;
  const wrong = rows.filter(({ fault }) => fault !== null).length;
  const equal = rows.filter(({ equalTo }) => equalTo !== undefined).length;
  const right = rows.length - wrong;
  const totals = useMemo(() => totalsOf(rows.filter(({ fault }) => fault === null)), [rows]);
  const reason = (): string | null => {
    if (right === 0) return text.nothingRight;
    if (mode === 'each') return null;
    if (wrong > 0) return text.atomicWrong;
    return rows.length > PART_ROWS_MAX ? text.atomicTooMany(rows.length) : null;
  };
  const why = reason();
  return (
    <Stack gap="md">
      {wrong === 0 ? null : <Notice tone="warn" title={text.wrong(wrong)} />}
      {equal === 0 ? null : <Notice tone="warn" title={text.equal(equal)} />}
      <Sums label={text.toMove} totals={totals} />
      <Radio.Group label={text.mode} value={mode} onChange={(value) => onMode(value === 'atomic' ? 'atomic' : 'each')}>
        <Stack gap="xs" mt="xs">
          <Radio value="each" label={text.each} />
          <Radio value="atomic" label={text.atomic} />
        </Stack>
      </Radio.Group>
      {why === null ? null : (
        <Text size="sm" role="status">
          {why}
        </Text>
      )}
      <Group>
        <SendButton count={right} all={rows.length} totals={totals} mode={mode} isDisabled={why !== null || isTrying} onSend={onSend} />
        <Button variant="default" onClick={onTry} disabled={why !== null} loading={isTrying}>
          {text.dryRun}
        </Button>
      </Group>
    </Stack>
  );
}

/** What became of it, or is becoming. */
function Course({ batch, counts, onStop, onGoOn }: { batch: BatchState; counts: string; onStop: () => void; onGoOn: () => void }) {
  const { phase, isStopping, rows, results } = batch;
  const right = rows.filter(({ fault }) => fault === null).length;
  const moved = useMemo(() => totalsOf(rows.filter((_, index) => results[index]?.state === 'done')), [rows, results]);
  const answered = results.filter((result) => result?.state === 'done' || result?.state === 'refused').length;
  const refusedLine = phase === 'nothing' ? (rows[results.findIndex((result) => result?.state === 'refused')]?.line ?? null) : null;
  return (
    <Stack gap="md">
      {phase === 'done' ? (
        <Notice tone="well" title={text.finished}>
          {counts}
        </Notice>
      ) : null}
      <Sums label={text.moved} totals={moved} />
      {phase === 'nothing' ? (
        <Notice tone="bad" title={text.nothingDone} role="alert">
          {text.nothingDoneDetail(refusedLine)}
        </Notice>
      ) : null}
      {phase === 'stopped' ? (
        <Notice tone="warn" icon={<QuestionMarkCircleIcon />} title={text.stopped.title} role="alert">
          {text.stopped.detail}
        </Notice>
      ) : null}
      {phase === 'sending' || phase === 'stopped' ? (
        <Stack gap={4}>
          <Text size="sm" c="dimmed">
            {text.progress}: {formatCount(answered)} / {formatCount(right)}
          </Text>
          <Progress value={right === 0 ? 0 : (100 * answered) / right} aria-label={text.progress} animated={phase === 'sending'} />
        </Stack>
      ) : null}
      {phase === 'sending' ? (
        <Button variant="default" onClick={onFirstPress(onStop)} loading={isStopping} w="fit-content">
          {text.stop}
        </Button>
      ) : null}
      {phase === 'stopped' ? (
        <Button onClick={onFirstPress(onGoOn)} w="fit-content">
          {text.goOn}
        </Button>
      ) : null}
    </Stack>
  );
}

/** Which file, under which key. Nobody leaves it while its outcome is not known. */
const Head = ({ batch, onLeave }: { batch: BatchState; onLeave: () => void }) => (
  <Group justify="space-between" align="flex-start">
    <Stack gap={2}>
      <Title order={2}>
        {batch.name} · {text.rows(batch.rows.length)}
      </Title>
      <Group gap={6}>
        <Text size="xs" c="dimmed">
          {strings.key} <span className="id">{batch.key}</span>
        </Text>
        <Copy value={batch.key} label={strings.copyKey} />
      </Group>
    </Stack>
    {isDoubtful(batch) ? null : <AnotherFile batch={batch} onLeave={onLeave} />}
  </Group>
);

/** Many transfers of a CSV file: checked, tried, sent in parts, and gone on with after whatever came between. */
export function Batch() {
  const ledger = useLedger();
  const { id: who } = useMe();
  const place = batchPlace(who, ledger.id);
  const { batch, now, step, isKept } = useBatch(place);
  const sending = useSending({ who, ledger: ledger.id, place }, { now, step });
  const tried = useDryRunOfRows(ledger.id);
  const left = useLeft(who, ledger.id);

  if (batch === undefined)
    return (
      <Card className={classes['card'] ?? ''} p={{ base: 'md', sm: 'lg' }}>
        <Begin
          find={left.find}
          onBegin={(next) => {
            tried.reset();
            sending.forget();
            if (step(chosen({ place, batch: next }))) return null;
            step(dropped({ place }));
            return text.faults.unkept;
          }}
        />
      </Card>
    );
  const isReady = batch.phase === 'ready';
  const rows: ShownRow[] = batch.rows.map((row, index) => ({
    row,
    result: (isReady ? tried.data?.get(index) : batch.results[index]) ?? null,
    isTried: isReady,
  }));
  const isLost = batch.phase === 'stopped' && sending.error instanceof LedgerFlowUnreachable && sending.error.isOutcomeUnknown;
  // What was lost says the course, with the way on.
  const error = isReady ? tried.error : batch.phase === 'sending' || isLost ? null : sending.error;
  const counts = countsOf(rows);
  return (
    <Card p={{ base: 'md', sm: 'lg' }}>
      <Stack gap="lg">
        <Head
          batch={batch}
          onLeave={() => {
            left.leave(batch);
            step(dropped({ place }));
          }}
        />
        {isKept ? null : (
          <Notice tone="warn" title={strings.unkept.title}>
            {strings.unkept.detail}
          </Notice>
        )}
        {error === null ? null : <Problem error={error} />}
        {isReady ? (
          <Ready
            batch={batch}
            isTrying={tried.isPending}
            onMode={(mode) => {
              tried.reset();
              step(modeChosen({ place, mode }));
            }}
            onTry={() => tried.mutate({ rows: batch.rows, isAtomic: batch.mode === 'atomic' })}
            onSend={sending.send}
          />
        ) : (
          <Course batch={batch} counts={counts} onStop={sending.stop} onGoOn={sending.send} />
        )}
        {isReady && tried.data !== undefined ? (
          <Notice tone="idle" title={counts}>
            {text.dryRunNote}
          </Notice>
        ) : null}
        <Rows ledger={ledger.id} name={batch.name} rows={rows} />
      </Stack>
    </Card>
  );
}
