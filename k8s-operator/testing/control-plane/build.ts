/** Builds and fetches the control plane's programs into the cache, ahead of the tests that start them. */
import { ProgramSetupError } from '../../../services/e2e/programs/go.ts';
import { ensurePrograms } from './programs.ts';

try {
  await ensurePrograms(undefined, (line) => process.stderr.write(`Kubernetes for tests: ${line}\n`));
} catch (error) {
  if (!(error instanceof ProgramSetupError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
