export { useLate, useLoaded } from './late.ts';
