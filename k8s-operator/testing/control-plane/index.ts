export type { ApiAnswer } from './api.ts';
export type { AuditedRequest } from './audit.ts';
export { startControlPlane, type CommandOptions, type ControlPlane, type ControlPlaneOptions } from './control-plane.ts';
export { ControlPlaneSetupError } from './programs.ts';
export type { User } from './users.ts';

/** For a beforeAll that starts a control plane: a machine that has its programs needs seconds, one that has to build them first needs minutes. */
export const START_TIMEOUT_MS = 3_600_000;
