export { type Leg, type Moved, movedOf, sidesOf } from './movement.ts';
export { typeWord } from './type-words.ts';
