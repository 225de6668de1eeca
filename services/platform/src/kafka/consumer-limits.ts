/** Times in milliseconds. */
export interface ConsumerLimits {
  sessionTimeoutMs: number;
  heartbeatIntervalMs: number;
  /** Red after so long without a fetch that was answered, or without a heartbeat. */
  quietLimitMs: number;
  /** Torn down and recreated after so long without one, or without having joined. */
  stallLimitMs: number;
  /** Red while one batch takes longer. */
  batchLimitMs: number;
  restartDelayMinMs: number;
  restartDelayMaxMs: number;
  /** Red while there were more restarts than that within the window. */
  restartsMax: number;
  restartWindowMs: number;
}

export const DEFAULT_LIMITS: ConsumerLimits = {
  sessionTimeoutMs: 30_000,
  heartbeatIntervalMs: 3_000,
  quietLimitMs: 10_000,
  stallLimitMs: 60_000,
  batchLimitMs: 60_000,
  restartDelayMinMs: 250,
  restartDelayMaxMs: 15_000,
  restartsMax: 3,
  restartWindowMs: 120_000,
};
