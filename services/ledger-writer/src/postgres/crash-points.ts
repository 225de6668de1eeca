/** Places in a batch's way where tests end or stop the process, to see what the others and the next start make of it. */
export const CRASH_POINTS = ['before-flight-1', 'between-flights', 'while-sealing', 'during-commit', 'after-commit'] as const;
export type CrashPoint = (typeof CRASH_POINTS)[number];

/**
 * Called at each point: while-sealing is after the first half of flight 2 was handed to the socket, during-commit after the half that ends with COMMIT was.
 */
export type AtPoint = (point: CrashPoint) => void;

export const nothingAt: AtPoint = () => undefined;

/**
 * CRASH_POINT kills this process without any clean-up, STOP_POINT suspends it, both at the first batch that comes by. For a process whose NODE_ENV is test; a
 * suspended one goes on when it is continued.
 */
export function testPoints(crashPoint: string | undefined, stopPoint: string | undefined): AtPoint {
  let isStopDue = true;
  return (point) => {
    if (point === crashPoint) process.kill(process.pid, 'SIGKILL');
    if (point === stopPoint && isStopDue) {
      isStopDue = false;
      process.kill(process.pid, 'SIGSTOP');
    }
  };
}
