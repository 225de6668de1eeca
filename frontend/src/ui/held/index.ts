export { type Held, HeldNotice } from './held.tsx';
