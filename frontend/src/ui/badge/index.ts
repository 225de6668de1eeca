export { type Tone, ToneBadge } from './tone-badge.tsx';
