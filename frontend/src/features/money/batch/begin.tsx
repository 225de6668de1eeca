import { Box, Button, Group, Stack, Text } from '@mantine/core';
import { makeKey } from '@ledgerflow/client';
import { useState } from 'react';
import { Notice } from '../../../ui/notice/index.ts';
import { onFirstPress } from '../../../ui/press/index.ts';
import { strings } from '../strings.ts';
import type { Left } from './left.ts';
import { type Batch, doneIn, goneOn, newBatch, pendingOf } from './slice.ts';
import { Upload } from './upload.tsx';

const text = strings.batch.again;

/** Below what was chosen there may be no room for it on a small screen. */
const intoView = (element: HTMLElement | null): void => element?.scrollIntoView({ block: 'nearest' });

/** Before there is a batch: a file is chosen; of one that was left with rows done it is asked whether it goes on. `onBegin` gives why it cannot begin, or null. */
export function Begin({ find, onBegin }: { find: (batch: Batch) => Left | undefined; onBegin: (batch: Batch) => string | null }) {
  const [again, setAgain] = useState<{ fresh: Batch; left: Batch } | null>(null);
  const [fault, setFault] = useState<string | null>(null);
  const begin = (batch: Batch) => onFirstPress(() => setFault(onBegin(batch)));
  return (
    <Stack gap="md">
      <Upload
        onRows={(name, rows, digest) => {
          const fresh = newBatch(makeKey(), name, rows, digest);
          const left = find(fresh);
          setAgain(left === undefined ? null : { fresh, left: goneOn(fresh, left) });
          return left === undefined ? onBegin(fresh) : null;
        }}
      />
      {again === null ? null : (
        <Box ref={intoView}>
          <Notice tone="warn" title={text.title(again.fresh.name)}>
            <Stack gap="xs">
              <Text size="sm">{fault ?? text.detail(doneIn(again.left), pendingOf(again.left).length)}</Text>
              <Group gap="xs">
                <Button size="xs" onClick={begin(again.left)}>
                  {pendingOf(again.left).length === 0 ? text.look : text.goOn}
                </Button>
                <Button size="xs" variant="default" onClick={begin(again.fresh)}>
                  {text.anew}
                </Button>
              </Group>
            </Stack>
          </Notice>
        </Box>
      )}
    </Stack>
  );
}
