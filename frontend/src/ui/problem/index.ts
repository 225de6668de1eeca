export { Problem, tell, type Told } from './problem.tsx';
