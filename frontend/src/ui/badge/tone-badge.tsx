import { Badge } from '@mantine/core';
import type { ReactNode } from 'react';

/** How a state is to be taken; the word beside the colour says which it is. */
export type Tone = 'well' | 'busy' | 'warn' | 'bad' | 'idle';

export const TONE_COLORS: Readonly<Record<Tone, string>> = { well: 'teal', busy: 'blue', warn: 'orange', bad: 'red', idle: 'gray' };

/** A state in a word. */
export const ToneBadge = ({ tone, children }: { tone: Tone; children: ReactNode }) => (
  <Badge color={TONE_COLORS[tone]} variant="dot" tt="none" fw={600} radius="sm" maw="100%">
    {children}
  </Badge>
);
