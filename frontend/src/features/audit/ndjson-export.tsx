import { Button, Code, Group, Loader, Modal, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { ArrowDownTrayIcon } from '@heroicons/react/24/outline';
import { useEffect, useRef, useState } from 'react';
import { ledgerflow } from '../../api/client.ts';
import { formatCount } from '../../ui/count/index.ts';
import { Notice } from '../../ui/notice/index.ts';
import { Problem } from '../../ui/problem/index.ts';
import { saveFile } from '../../ui/table/index.ts';
import type { AuditFilters, Entry } from './entry.ts';
import { collect, type Collected, LINES_MAX } from './ndjson.ts';
import { strings } from './strings.ts';

const FILE = 'audit.ndjson';

type State = { kind: 'asked' } | { kind: 'running'; count: number } | { kind: 'stopped' } | { kind: 'over'; collected: Collected<Entry> };

function useExport(filters: AuditFilters) {
  const [state, setState] = useState<State>({ kind: 'asked' });
  const running = useRef<AbortController | null>(null);
  useEffect(() => () => running.current?.abort(), []);
  const start = async (): Promise<void> => {
    if (running.current !== null) return;
    const control = (running.current = new AbortController());
    setState({ kind: 'running', count: 0 });
    const collected = await collect(ledgerflow.exportAudit(filters, { signal: control.signal }), {
      onCount: (count) => setState({ kind: 'running', count }),
    });
    running.current = null;
    if (control.signal.aborted) return setState({ kind: 'stopped' });
    if (collected.error === null) saveFile(FILE, collected.file, 'application/x-ndjson');
    setState({ kind: 'over', collected });
  };
  return { state, start, stop: () => running.current?.abort(), reset: () => setState({ kind: 'asked' }) };
}

const Filters = ({ filters }: { filters: AuditFilters }) => {
  const given = Object.entries(filters);
  if (given.length === 0) return <Text size="sm">{strings.exportEvery}</Text>;
  return <Code block>{given.map(([name, value]) => `${name} = ${String(value)}`).join('\n')}</Code>;
};

function Over({ collected, onContinue }: { collected: Collected<Entry>; onContinue: (to: string) => void }) {
  const { file, count, last, isCut, error } = collected;
  if (error !== null)
    return (
      <Stack gap="xs" align="flex-start">
        <Problem error={error} />
        {count === 0 ? null : (
          <>
            <Text size="sm">{strings.exportBroken(formatCount(count))}</Text>
            <Button size="xs" variant="default" onClick={() => saveFile(FILE, file, 'application/x-ndjson')}>
              {strings.exportSave}
            </Button>
          </>
        )}
      </Stack>
    );
  return (
    <Notice tone={isCut ? 'warn' : 'well'} title={strings.exportDone(formatCount(count))}>
      {isCut && last !== null ? (
        <Stack gap="xs" align="flex-start">
          <Text size="sm">{strings.exportCut(last.recordedAt)}</Text>
          <Button size="xs" variant="default" onClick={() => onContinue(last.recordedAt)}>
            {strings.exportContinue}
          </Button>
        </Stack>
      ) : (
        FILE
      )}
    </Notice>
  );
}

/** How it stands, for as long as it was asked for. */
function Course({ state, onContinue }: { state: State; onContinue: (to: string) => void }) {
  switch (state.kind) {
    case 'asked':
      return null;
    case 'running':
      return (
        <Group gap="xs" role="status">
          <Loader size="xs" />
          <Text size="sm" className="amount">
            {strings.exportRunning(formatCount(state.count))}
          </Text>
        </Group>
      );
    case 'stopped':
      return (
        <Text size="sm" role="status">
          {strings.exportStopped}
        </Text>
      );
    case 'over':
      return <Over collected={state.collected} onContinue={onContinue} />;
  }
}

/** Says what an export is, counts while it comes, and keeps it as a file. */
export function NdjsonExport({ filters, onContinue }: { filters: AuditFilters; onContinue: (to: string) => void }) {
  const [isOpen, { open, close }] = useDisclosure();
  const { state, start, stop, reset } = useExport(filters);
  const isRunning = state.kind === 'running';
  const leave = (): void => {
    stop();
    close();
  };
  return (
    <>
      <Button
        variant="default"
        leftSection={<ArrowDownTrayIcon width={16} />}
        onClick={() => {
          reset();
          open();
        }}
      >
        {strings.exportNdjson}
      </Button>
      <Modal
        opened={isOpen}
        onClose={leave}
        closeOnClickOutside={!isRunning}
        title={strings.exportTitle}
        closeButtonProps={{ 'aria-label': strings.close }}
      >
        <Stack>
          <Text size="sm">
            {strings.exportAbout} {strings.exportMax(formatCount(LINES_MAX))}
          </Text>
          <Filters filters={filters} />
          <Text size="sm">{strings.exportAudited}</Text>
          <Course
            state={state}
            onContinue={(to) => {
              onContinue(to);
              close();
            }}
          />
          <Group justify="flex-end">
            {isRunning ? (
              <Button variant="default" onClick={stop}>
                {strings.exportStop}
              </Button>
            ) : (
              <>
                <Button variant="default" onClick={leave}>
                  {state.kind === 'over' ? strings.close : strings.cancel}
                </Button>
                {state.kind === 'over' && state.collected.error === null ? null : (
                  <Button onClick={() => void start()}>{strings.exportStart}</Button>
                )}
              </>
            )}
          </Group>
        </Stack>
      </Modal>
    </>
  );
}
