export { Stat, Stats } from './stat.tsx';
