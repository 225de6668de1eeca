import { Button, Card, Collapse, Group, SimpleGrid, type SimpleGridProps, useMatches } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { FunnelIcon, XMarkIcon } from '@heroicons/react/24/outline';
import type { ReactNode } from 'react';
import { strings } from '../strings.ts';

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

/** Many filters on a card. A narrow screen is for the list: there they are shown when they are asked for. */
export function FilterCard({ label, count, onClear, cols, beside = null, children }: FilterCardProps) {
  const isWide = useMatches({ base: false, sm: true });
  const [isOpen, { toggle }] = useDisclosure(false);
  return (
    <Card component="section" aria-label={label} padding="sm">
      {isWide ? null : (
        <Button
          variant="default"
          size="xs"
          leftSection={<FunnelIcon width={14} />}
          aria-expanded={isOpen}
          onClick={toggle}
          w="fit-content"
          mb={isOpen ? 'sm' : 0}
        >
          {strings.filters(count)}
        </Button>
      )}
      <Collapse expanded={isWide || isOpen}>
        <SimpleGrid cols={cols} spacing="sm" verticalSpacing="xs">
          {children}
        </SimpleGrid>
      </Collapse>
      {count === 0 ? null : (
        <Group mt="sm" gap="sm">
          {beside}
          <Button size="xs" variant="subtle" leftSection={<XMarkIcon width={14} />} onClick={onClear}>
            {strings.clearFilters}
          </Button>
        </Group>
      )}
    </Card>
  );
}
