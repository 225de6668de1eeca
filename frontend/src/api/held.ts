import { useQuery } from '@tanstack/react-query';
import { type Kept, recordAt } from './queries.ts';

const FIRST = 1n;

/** Where the read side was held when a ledger's answer was made: the position, and when that was recorded, as soon as it is known; null: nowhere. */
export function useHeld(ledger: string, answer: Kept | undefined): { position: string; recordedAt: string | null } | null {
  const position = answer?.heldAt;
  const isRecord = position !== undefined && BigInt(position) >= FIRST;
  const { data } = useQuery({ ...recordAt(ledger, isRecord ? position : String(FIRST)), enabled: isRecord });
  return position === undefined ? null : { position, recordedAt: data?.data[0]?.recordedAt ?? null };
}
