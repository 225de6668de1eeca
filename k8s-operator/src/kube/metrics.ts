/** Where this folder counts; null objects of it do for tests. */
export interface KubeMetrics {
  /** A request to the API server; code: its HTTP status, or 0 when there was no answer. */
  requested(verb: string, resource: string, code: number): void;
  /** A watch ended and is followed by another. */
  watchRestarted(resource: string, reason: string): void;
}
