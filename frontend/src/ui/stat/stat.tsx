import { Card, SimpleGrid, Text } from '@mantine/core';
import type { ReactNode } from 'react';

/** Figures side by side: a list of terms for those who do not see it. */
export const Stats = ({ children }: { children: ReactNode }) => (
  <SimpleGrid component="dl" m={0} cols={{ base: 2, sm: 4 }} spacing="sm">
    {children}
  </SimpleGrid>
);

/** One figure, what it is, and a word on it. */
export const Stat = ({
  label,
  about,
  isBad = false,
  children,
}: {
  label: string;
  about?: string;
  isBad?: boolean;
  children: ReactNode;
}) => (
  <Card padding="sm">
    <Text component="dt" size="xs" c="dimmed">
      {label}
    </Text>
    <Text component="dd" m={0} fz="xl" fw={600} className="amount" {...(isBad ? { c: 'var(--mantine-color-error)' } : {})}>
      {children}
    </Text>
    {about === undefined ? null : (
      <Text component="dd" m={0} size="xs" c="dimmed">
        {about}
      </Text>
    )}
  </Card>
);
