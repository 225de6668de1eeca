export {
  formatDuration,
  formatInstant,
  fromDate,
  type Gap,
  gapOf,
  type Instant,
  microsOf,
  parseInstant,
  parseLocal,
  type Precision,
  type Twice,
} from './instant.ts';
export { Time } from './time.tsx';
export { useZone, type Zone, ZoneProvider } from './zone.tsx';
