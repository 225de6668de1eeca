import { firstLoad } from './first-load.ts';
import { interactive } from './interactive.ts';
import { liveEvents } from './live-events.ts';
import { lighthouse } from './lighthouse.ts';
import type { Row } from './row.ts';
import { scroll } from './scroll.ts';

export type { Figure, Row, Target } from './row.ts';

/** In this order. A further one is a file and a line here. */
export const rows: readonly Row[] = [firstLoad, interactive, lighthouse, liveEvents, scroll];
