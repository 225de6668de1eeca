/** Why an embedded server cannot be had; each is something a person can put right. */
export type PostgresErrorCode =
  | 'unsupported_platform'
  | 'not_installed'
  | 'wrong_version'
  | 'not_a_data_folder'
  | 'already_running'
  | 'port_taken'
  | 'unwritable'
  | 'no_unprivileged_user'
  | 'start_failed'
  | 'holder_lost';

/** A message for the person at the terminal: one line, without a stack trace. */
export class PostgresError extends Error {
  override name = 'PostgresError';
  readonly code: PostgresErrorCode;
  constructor(code: PostgresErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
