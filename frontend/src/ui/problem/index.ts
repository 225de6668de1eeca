export { isRefused, isSignedOut, Problem, tell, type Told } from './problem.tsx';
export { plain, wordsOf } from './words.ts';
