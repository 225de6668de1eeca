export { type Leg, type Moved, movedOf, sidesOf } from './movement.ts';
