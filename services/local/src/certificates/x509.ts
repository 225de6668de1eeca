import 'reflect-metadata';

/** Imported when the polyfill is there: a static import of a CommonJS package may be evaluated before it. */
export const x509 = await import('@peculiar/x509');
export type { X509Certificate } from '@peculiar/x509';
