export { Copy, Id } from './copy.tsx';
