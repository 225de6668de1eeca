export { Copy, CopyLink, Id } from './copy.tsx';
