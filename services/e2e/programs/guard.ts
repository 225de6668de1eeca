import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';

/** Waits on a pipe from us. When we die, however we die, the pipe ends: the watcher kills the process group and removes its throw-away folder. With `-s`, because dash knows no `kill -KILL -- -1`. */
const WATCHER = 'cat >/dev/null; kill -s KILL -- "-$1" 2>/dev/null; if [ -n "$2" ]; then sleep 1; rm -rf "$2"; fi';

export interface GuardedOptions {
  cwd?: string;
  environment?: NodeJS.ProcessEnv;
  /** Removed when this process dies before the guarded one. */
  throwAwayDir?: string;
}

/** A child process in its own group that does not outlive this process. */
export interface Guarded {
  child: ChildProcess;
  /** How it ended: "exit code 1", "SIGKILL", or why it did not start. */
  ended: Promise<string>;
  /** Signals the whole group; nothing happens when it is gone. */
  signal(name: NodeJS.Signals): void;
}

function watch(pid: number, throwAwayDir: string): ChildProcess {
  const watcher = spawn('sh', ['-c', WATCHER, 'sh', String(pid), throwAwayDir], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
  watcher.once('error', () => undefined);
  watcher.stdin?.once('error', () => undefined);
  watcher.unref();
  return watcher;
}

/** Starts a program whose stdout and stderr are piped to us. */
export function spawnGuarded(command: string, args: readonly string[], options: GuardedOptions = {}): Guarded {
  const { cwd, environment, throwAwayDir = '' } = options;
  const child = spawn(command, args, { cwd, env: environment, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  const watcher = child.pid === undefined ? null : watch(child.pid, throwAwayDir);
  const ended = new Promise<string>((resolve) => {
    child.once('close', (code, signal) => resolve(signal ?? `exit code ${code}`)).once('error', (error) => resolve(error.message));
  }).finally(() => watcher?.kill('SIGKILL'));
  let isRunning = child.pid !== undefined;
  void ended.then(() => (isRunning = false));
  return {
    child,
    ended,
    signal: (name) => {
      if (!isRunning || child.pid === undefined) return;
      try {
        process.kill(-child.pid, name);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
      }
    },
  };
}
