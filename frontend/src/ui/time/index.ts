export {
  formatDistance,
  formatDuration,
  formatInstant,
  fromDate,
  type Instant,
  microsOf,
  parseInstant,
  parseLocal,
  type Precision,
  toDate,
  type Twice,
} from './instant.ts';
export { Time } from './time.tsx';
export { useZone, type Zone, ZoneProvider } from './zone.tsx';
