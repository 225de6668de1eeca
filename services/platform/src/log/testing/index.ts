export { type CapturedLog, captureLog } from './capture.ts';
export { findLeaks, type KnownSecret, type Leak } from './leaks.ts';
export { secretsOf } from './known-secrets.ts';
export { expectNoSecrets, type LogText } from './expect.ts';
