export { type Tone, TONE_COLORS, ToneBadge } from './tone-badge.tsx';
