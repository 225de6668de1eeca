import { Text } from '@mantine/core';

/** A cell's text in one line: cut where the column ends, with all of it as its title. */
export const OneLine = ({ children, title = children, className = '' }: { children: string; title?: string; className?: string }) => (
  <Text component="span" inherit truncate="end" display="block" title={title} className={className}>
    {children}
  </Text>
);
