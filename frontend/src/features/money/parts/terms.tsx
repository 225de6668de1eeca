import { Accordion, JsonInput, SimpleGrid, Stack, Textarea, TextInput } from '@mantine/core';
import { useZone } from '../../../ui/time/index.ts';
import type { Terms } from '../intent/draft.ts';
import { strings } from '../strings.ts';

export interface TermsFieldsProps {
  terms: Terms;
  faults: Partial<Terms>;
  onChange: (change: Partial<Terms>) => void;
}

/** What else a transaction may carry: folded away while nothing of it is used or wrong. */
export function TermsFields({ terms, faults, onChange }: TermsFieldsProps) {
  const zone = useZone();
  const isUsed = Object.values(terms).some((text) => text !== '');
  const isWrong = Object.keys(faults).length > 0;
  const field = <K extends keyof Terms>(name: K) => ({
    label: strings.terms[name],
    value: terms[name],
    error: faults[name],
    autoComplete: 'off',
  });
  return (
    <Accordion variant="contained" {...(isWrong ? { value: 'terms' } : { defaultValue: isUsed ? 'terms' : null })}>
      <Accordion.Item value="terms">
        <Accordion.Control fz="sm" fw={600}>
          {strings.more}
        </Accordion.Control>
        <Accordion.Panel>
          <Stack gap="md">
            <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="md">
              <TextInput
                {...field('reference')}
                description={strings.hints.reference}
                onChange={(event) => onChange({ reference: event.currentTarget.value })}
              />
              <TextInput
                {...field('externalId')}
                description={strings.hints.externalId}
                onChange={(event) => onChange({ externalId: event.currentTarget.value })}
              />
            </SimpleGrid>
            <Textarea
              {...field('description')}
              autosize
              minRows={2}
              maxRows={6}
              onChange={(event) => onChange({ description: event.currentTarget.value })}
            />
            <TextInput
              {...field('effectiveAt')}
              description={strings.hints.effectiveAt(strings.zones[zone])}
              onChange={(event) => onChange({ effectiveAt: event.currentTarget.value })}
            />
            <JsonInput
              {...field('metadata')}
              description={strings.hints.metadata}
              autosize
              minRows={2}
              maxRows={12}
              onChange={(metadata) => onChange({ metadata })}
            />
          </Stack>
        </Accordion.Panel>
      </Accordion.Item>
    </Accordion>
  );
}
