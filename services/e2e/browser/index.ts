export { axe, isSerious } from './axe.ts';
export { launch } from './launch.ts';
export { BROWSER_WAIT_MS } from './program.ts';
export { seriousInBothSchemes } from './schemes.ts';
export { signIn } from './sign-in.ts';
export { whereThereIsABrowser } from './skip.ts';
export { Watch } from './watch.ts';
