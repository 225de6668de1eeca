import { Button, Card, Collapse, Group, SimpleGrid, type SimpleGridProps, Stack, useMatches } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { FunnelIcon, XMarkIcon } from '@heroicons/react/24/outline';
import { type ReactNode, useId, useRef } from 'react';
import { strings } from '../strings.ts';
import classes from './filter-card.module.css';

const ICON = 14;

export interface FilterCardProps {
  label: string;
  /** How many are set. */
  count: number;
  onClear: () => void;
  cols: SimpleGridProps['cols'];
  /** Stands beside the way to be rid of them. */
  beside?: ReactNode;
  children: ReactNode;
}

/** Filters on a card. A narrow screen is for the list: there a button says how many are set, and shows them to who asks. */
export function FilterCard({ label, count, onClear, cols, beside = null, children }: FilterCardProps) {
  const isWide = useMatches({ base: false, sm: true }, { getInitialValueInEffect: false });
  const [isOpen, { toggle }] = useDisclosure(false);
  const id = useId();
  const section = useRef<HTMLDivElement>(null);
  // The button goes with the last of them: who pressed it is still among the filters.
  const clearAll = (): void => {
    section.current?.focus();
    onClear();
  };
  const clear =
    count === 0 ? null : (
      <Button size="xs" variant="subtle" leftSection={<XMarkIcon width={ICON} />} onClick={clearAll}>
        {strings.clearFilters}
      </Button>
    );
  return (
    <Stack component="section" ref={section} tabIndex={-1} aria-label={label} gap="xs" className={classes['card'] ?? ''}>
      {isWide ? null : (
        <Group gap="xs">
          <Button
            variant="default"
            size="xs"
            leftSection={<FunnelIcon width={ICON} />}
            aria-expanded={isOpen}
            aria-controls={id}
            onClick={toggle}
          >
            {strings.filters(count)}
          </Button>
          {beside}
          {clear}
        </Group>
      )}
      <Collapse id={id} expanded={isWide || isOpen}>
        <Card padding="sm">
          <SimpleGrid cols={cols} spacing="sm" verticalSpacing="xs">
            {children}
          </SimpleGrid>
          {isWide && (clear !== null || beside !== null) ? (
            <Group mt="sm" gap="sm">
              {beside}
              {clear}
            </Group>
          ) : null}
        </Card>
      </Collapse>
    </Stack>
  );
}
