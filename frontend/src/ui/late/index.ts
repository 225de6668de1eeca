export { useLate } from './late.ts';
