export { indentJson } from './indent.ts';
export { JsonView } from './json-view.tsx';
