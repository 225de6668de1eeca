import { formatInstant, type Instant, type Precision } from './instant.ts';
import { useZone } from './zone.tsx';

let zoneKnown: string | null = null;
/** Asked once: it takes longer than the rest of a row of a table. */
const zoneName = (): string => (zoneKnown ??= Intl.DateTimeFormat().resolvedOptions().timeZone);

/** A moment in the person's zone; hovering tells it in UTC to the microsecond (and in the zone, when UTC is shown). */
export function Time({ at, precision = 'second' }: { at: Instant; precision?: Precision }) {
  const zone = useZone();
  const other = zone === 'utc' ? `${formatInstant(at, 'local', 'micro')} ${zoneName()}` : `${formatInstant(at, 'utc', 'micro')} UTC`;
  return (
    <time className="time" dateTime={at} title={other}>
      {formatInstant(at, zone, precision)}
    </time>
  );
}
