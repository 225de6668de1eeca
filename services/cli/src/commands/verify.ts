import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Command } from 'commander';
import { CommandError, EXIT } from '../exit-codes.ts';
import type { Act } from '../session.ts';

const SCRIPT = 'services/e2e/verify/main.ts';
const DEPTH_MAX = 12;

function checkout(): string | null {
  let folder = import.meta.dirname;
  for (let depth = 0; depth < DEPTH_MAX; depth++) {
    if (existsSync(join(folder, SCRIPT))) return folder;
    folder = dirname(folder);
  }
  return null;
}

/** Verifying reads the databases themselves, so it belongs to the checkout and not to a client of the API. */
export function verifyCommand(program: Command, act: Act): void {
  program
    .command('verify [arguments...]')
    .description(
      'check the ledgers against their log (in a checkout; its arguments after --; exit codes of its own: 1 a difference, 2 it could not be verified, 3 not everything is proven)',
    )
    .allowUnknownOption()
    .helpOption(false)
    .action(
      act<[string[]], object>(async (session, [args], { json }) => {
        const root = checkout();
        if (root === null)
          throw new CommandError('usage', 'verify needs a checkout of LedgerFlow and access to its databases: there, npm run verify');
        const script = join(root, SCRIPT);
        const child = spawn(process.execPath, [script, ...args, ...(json === true ? ['--json'] : [])], { stdio: 'inherit', cwd: root });
        const stop = (): void => void child.kill('SIGINT');
        session.signal.addEventListener('abort', stop);
        const code = await new Promise<number>((resolve, reject) => {
          child.once('error', reject);
          child.once('close', (exit, name) =>
            resolve(exit ?? (name === 'SIGINT' || name === 'SIGTERM' ? EXIT.interrupted.code : EXIT.fault.code)),
          );
        });
        session.signal.removeEventListener('abort', stop);
        if (code !== 0) throw new VerifyEnded(code);
      }),
    );
}

/** Its own exit code is passed on; it has said why. */
export class VerifyEnded extends Error {
  readonly code: number;

  constructor(code: number) {
    super('verify has said why');
    this.code = code;
  }
}
