import { Text } from '@mantine/core';
import { Notice } from '../notice/index.ts';
import { strings } from '../strings.ts';
import { formatInstant, type Instant, useZone } from '../time/index.ts';

/** What an answer stands for while the read side is held: as of the record at a position, and when that was recorded, if it is known. */
export interface Held {
  position: string;
  recordedAt: Instant | null;
}

/** Above what is older than one would think. */
export function HeldNotice({ held }: { held: Held | null }) {
  const zone = useZone();
  if (held === null) return null;
  const { position, recordedAt } = held;
  return (
    <Notice tone="warn" title={strings.held(recordedAt === null ? strings.position(position) : formatInstant(recordedAt, zone))}>
      <Text size="sm">{strings.heldDetail(position)}</Text>
    </Notice>
  );
}
