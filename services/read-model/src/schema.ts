import { fileURLToPath } from 'node:url';

/** Folder of the numbered migrations. */
export const READ_MIGRATIONS = fileURLToPath(new URL('../sql', import.meta.url));
export const READ_SCHEMAS: readonly string[] = ['read'];

/** The roles that the migrations grant to; the bootstrap command creates them. */
export const READ_OWNER_ROLE = 'ledgerflow_read_owner';
export const READ_BUILDER_ROLE = 'ledgerflow_read_builder';
export const READ_GATEWAY_ROLE = 'ledgerflow_read_gateway';
export const READ_VERIFIER_ROLE = 'ledgerflow_read_verifier';

/** For the gateway's pool: no query runs longer than its caller would wait, none writes. In milliseconds. */
export const READ_SESSION_SETTINGS: Record<string, string> = {
  statement_timeout: '5000',
  default_transaction_read_only: 'on',
};

/** For reads by key: each index gives its rows in the order that is asked for, whatever the statistics say of a table that was filled a minute ago. Without them an account's last
 * event, or its last correction, was found by sorting all that it ever had. */
export const READ_BY_KEY_SESSION_SETTINGS: Record<string, string> = {
  ...READ_SESSION_SETTINGS,
  enable_bitmapscan: 'off',
  enable_hashjoin: 'off',
  enable_mergejoin: 'off',
  enable_seqscan: 'off',
  enable_sort: 'off',
  jit: 'off',
};

/** Sessions that rebuild: as those that build, but proofs read whole generations. */
export const REBUILD_SESSION_SETTINGS: Record<string, string> = {
  synchronous_commit: 'off',
  jit: 'off',
  plan_cache_mode: 'force_custom_plan',
  enable_hashjoin: 'off',
  enable_mergejoin: 'off',
  enable_seqscan: 'off',
  enable_bitmapscan: 'off',
  transaction_timeout: '600000',
  idle_in_transaction_session_timeout: '15000',
  lock_timeout: '60000',
  tcp_user_timeout: '10000',
};

/**
 * Sessions that build. A lost tail of commits is read again from the log, so they need not wait for the disk; plans are by key whatever the statistics of a table that grew
 * this minute say, and made anew for each batch, whose size decides who looks up whom: kept plans took three times as long (measured: 60,000 transfers over 1,000 accounts, never analyzed or analyzed while empty: the rate does not fall); and a builder that stopped in a transaction lets its ledgers go. Time-outs in milliseconds.
 */
export const BUILDER_SESSION_SETTINGS: Record<string, string> = {
  synchronous_commit: 'off',
  enable_hashjoin: 'off',
  enable_mergejoin: 'off',
  enable_seqscan: 'off',
  enable_bitmapscan: 'off',
  jit: 'off',
  plan_cache_mode: 'force_custom_plan',
  transaction_timeout: '60000',
  idle_in_transaction_session_timeout: '10000',
  lock_timeout: '15000',
  tcp_user_timeout: '10000',
};
