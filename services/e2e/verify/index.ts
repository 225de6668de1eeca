export { findTarget, type FoundTarget, type TargetOptions } from './target.ts';
export type * from './types.ts';
export { CannotVerifyError, verify } from './verify.ts';
