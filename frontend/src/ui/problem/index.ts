export { isRefused, isSignedOut, PageProblem, Problem, tell, type Told } from './problem.tsx';
export { plain, wordsOf } from './words.ts';
