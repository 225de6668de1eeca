export { Answered, type Asked, Empty, Loading, Missing, ReadFailed, Refused } from './states.tsx';
