import { Button, Group } from '@mantine/core';
import { XMarkIcon } from '@heroicons/react/24/outline';
import type { ReactNode } from 'react';
import { strings } from '../strings.ts';

/** Filters in a row, and a way to be rid of them. onClear null: none is set. */
export const FilterBar = ({ label, onClear, children }: { label: string; onClear: (() => void) | null; children: ReactNode }) => (
  <Group role="search" aria-label={label} gap="sm" align="flex-end">
    {children}
    {onClear === null ? null : (
      <Button variant="subtle" color="gray" leftSection={<XMarkIcon width={16} />} onClick={onClear}>
        {strings.clearFilters}
      </Button>
    )}
  </Group>
);
