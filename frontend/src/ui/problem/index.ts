export { isSignedOut, Problem, tell, type Told } from './problem.tsx';
export { plain } from './words.ts';
