import { Button, Group, Stack, Tabs, Text, Title } from '@mantine/core';
import { ScaleIcon } from '@heroicons/react/24/outline';
import { useState } from 'react';
import { useMay } from '../../api/session.ts';
import { JsonView } from '../../ui/json/index.ts';
import { Notice } from '../../ui/notice/index.ts';
import { Answered } from '../../ui/states/index.ts';
import type { WholeLetter } from './letter.ts';
import { useLogRecord } from './queries.ts';
import { strings } from './strings.ts';

/** What the writer has at the record's position, beside what came. */
function Comparison({ letter: { ledger, position, record } }: { letter: WholeLetter }) {
  const query = useLogRecord(ledger, position, true);
  return (
    <Answered query={query}>
      {({ data }) => {
        const inLog = data[0]?.position === position ? data[0] : undefined;
        if (inLog === undefined) return <Notice tone="bad" title={strings.notInLog} />;
        const text = JSON.stringify(inLog);
        const isEqual = record !== null && text === JSON.stringify(record);
        return (
          <Stack gap="xs">
            <Notice tone={isEqual ? 'well' : 'bad'} title={isEqual ? strings.compared : strings.differs} />
            {isEqual ? null : <JsonView label={strings.inLog} text={text} fileName={`record-${ledger}-${position}-log.json`} />}
          </Stack>
        );
      }}
    </Answered>
  );
}

/** The record in its two forms, and whether it is the one of the log. */
export function RecordView({ letter }: { letter: WholeLetter }) {
  const { ledger, position, payload, record } = letter;
  const may = useMay();
  const [isCompared, setCompared] = useState(false);
  return (
    <Stack gap="xs">
      <Group justify="space-between">
        <Title order={2}>{strings.record}</Title>
        {may('listEvents', ledger) && !isCompared ? (
          <Button size="xs" variant="default" leftSection={<ScaleIcon width={14} />} onClick={() => setCompared(true)}>
            {strings.compare}
          </Button>
        ) : null}
      </Group>
      {isCompared ? <Comparison letter={letter} /> : null}
      <Tabs defaultValue="payload">
        <Tabs.List mb="xs">
          <Tabs.Tab value="payload">{strings.payload}</Tabs.Tab>
          <Tabs.Tab value="record">{strings.readable}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="payload">
          <JsonView label={strings.payload} text={payload} fileName={`record-${ledger}-${position}.json`} />
        </Tabs.Panel>
        <Tabs.Panel value="record">
          {record === null ? (
            <Text size="sm">{strings.unreadable}</Text>
          ) : (
            <JsonView label={strings.readable} text={JSON.stringify(record)} fileName={`record-${ledger}-${position}-api.json`} />
          )}
        </Tabs.Panel>
      </Tabs>
    </Stack>
  );
}
