import { ActionIcon, Button, Fieldset, Group, Stack, Text, TextInput } from '@mantine/core';
import { PlusIcon, TrashIcon } from '@heroicons/react/24/outline';
import { useRef } from 'react';
import { mistakesOf, type Pair } from './metadata.ts';
import { strings } from './strings.ts';

export interface MetadataEditorProps {
  pairs: readonly Pair[];
  onChange: (pairs: Pair[]) => void;
  /** What the server says of it. */
  error?: string | null;
}

/** Metadata as rows of key and value. */
export function MetadataEditor({ pairs, onChange, error = null }: MetadataEditorProps) {
  const text = strings.metadata;
  const adding = useRef<HTMLButtonElement>(null);
  const mistakes = mistakesOf(pairs);
  const change = (id: number, part: Partial<Pair>): void => onChange(pairs.map((pair) => (pair.id === id ? { ...pair, ...part } : pair)));
  const add = (): void => onChange([...pairs, { id: Math.max(-1, ...pairs.map(({ id }) => id)) + 1, key: '', text: '' }]);
  return (
    <Fieldset legend={text.title} variant="default">
      <Stack gap="xs">
        <Text size="xs" c="dimmed">
          {text.hint}
        </Text>
        {pairs.map(({ id, key, text: value }) => {
          const mistake = mistakes.get(id);
          const isOfKey = mistake === 'empty' || mistake === 'twice';
          return (
            <Group key={id} gap="xs" wrap="nowrap" align="flex-start">
              <TextInput
                aria-label={text.key}
                placeholder={text.key}
                value={key}
                error={isOfKey ? text.mistakes[mistake] : null}
                onChange={(event) => change(id, { key: event.currentTarget.value })}
                flex={1}
              />
              <TextInput
                aria-label={`${text.value}${key === '' ? '' : ` ${key}`}`}
                placeholder={text.value}
                value={value}
                error={mistake === undefined || isOfKey ? null : text.mistakes[mistake]}
                onChange={(event) => change(id, { text: event.currentTarget.value })}
                flex={2}
              />
              <ActionIcon
                variant="subtle"
                color="gray"
                mt={4}
                aria-label={text.remove(key)}
                onClick={() => {
                  // The button goes with its row.
                  adding.current?.focus();
                  onChange(pairs.filter((pair) => pair.id !== id));
                }}
              >
                <TrashIcon width={16} />
              </ActionIcon>
            </Group>
          );
        })}
        {error === null ? null : (
          <Text size="sm" c="var(--mantine-color-error)" role="alert">
            {error}
          </Text>
        )}
        <Group>
          <Button ref={adding} size="xs" variant="default" leftSection={<PlusIcon width={14} />} onClick={add}>
            {text.add}
          </Button>
        </Group>
      </Stack>
    </Fieldset>
  );
}
