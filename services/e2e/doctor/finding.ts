export const CHECKS = ['versions', 'connections', 'clocks', 'migrations', 'topics', 'roles', 'tokens', 'sign-in', 'lag'] as const;
export type CheckName = (typeof CHECKS)[number];

/** skipped: it could not be looked at, because the configuration does not name it; `advice` says what would. */
export type Status = 'ok' | 'warn' | 'fail' | 'skipped';

export interface Finding {
  check: CheckName;
  /** What was looked at: a service, a database, a topic … */
  subject: string;
  status: Status;
  /** What is so. */
  message: string;
  /** What to do; with every warn and fail. */
  advice?: string;
}

/** What one check finds, without naming it each time. */
export type Result = Omit<Finding, 'check'>;

export const ok = (subject: string, message: string): Result => ({ subject, status: 'ok', message });
export const warn = (subject: string, message: string, advice: string): Result => ({ subject, status: 'warn', message, advice });
export const fail = (subject: string, message: string, advice: string): Result => ({ subject, status: 'fail', message, advice });
export const skipped = (subject: string, message: string, advice: string): Result => ({ subject, status: 'skipped', message, advice });
