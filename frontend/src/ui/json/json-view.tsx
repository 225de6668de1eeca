import { Button, Code, Group, Stack, Text } from '@mantine/core';
import { ArrowDownTrayIcon } from '@heroicons/react/24/outline';
import { useMemo, useState } from 'react';
import { formatCount } from '../count/index.ts';
import { Copy } from '../copy/index.ts';
import { strings } from '../strings.ts';
import { saveFile } from '../table/index.ts';
import { indentJson } from './indent.ts';
import classes from './json-view.module.css';

/** More than that is shown when it is asked for. */
const SHOWN_MAX = 10_000;

/** Text that ought to be JSON: on lines of its own when it is, bounded, to be copied and kept as it came. */
export function JsonView({ label, text, fileName }: { label: string; text: string; fileName: string }) {
  const indented = useMemo(() => indentJson(text), [text]);
  const [isAll, setAll] = useState(false);
  const whole = indented ?? text;
  const isCut = whole.length > SHOWN_MAX && !isAll;
  return (
    <Stack gap={4}>
      <Group gap="xs" justify="space-between">
        <Text size="xs" c="dimmed">
          {strings.characters(formatCount(text.length), indented !== null)}
        </Text>
        <Group gap={4}>
          <Copy value={text} label={strings.copy(label)} />
          <Button
            size="compact-xs"
            variant="default"
            leftSection={<ArrowDownTrayIcon width={12} />}
            onClick={() => saveFile(fileName, text, 'application/json')}
          >
            {strings.download}
          </Button>
        </Group>
      </Group>
      <Code block className={classes['text'] ?? ''} tabIndex={0} role="region" aria-label={label}>
        {isCut ? whole.slice(0, SHOWN_MAX) : whole}
      </Code>
      {isCut ? (
        <Group gap="xs">
          <Text size="sm">{strings.isCut}</Text>
          <Button size="compact-sm" variant="default" onClick={() => setAll(true)}>
            {strings.showAll}
          </Button>
        </Group>
      ) : null}
    </Stack>
  );
}
