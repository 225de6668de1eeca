export type { ApiAnswer } from './api.ts';
export type { AuditedRequest } from './audit.ts';
export { startControlPlane, type CommandOptions, type ControlPlane, type ControlPlaneOptions } from './control-plane.ts';
export { WAIT_MAX_MS as START_TIMEOUT_MS } from './programs.ts';
export type { User } from './users.ts';
