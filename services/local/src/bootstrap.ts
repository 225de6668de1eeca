/**
 * `npm run bootstrap`: creates databases, roles, tables and topics of a deployment, as often as you like. Each service brings its own; all of them read the
 * environment (ADMIN_DATABASE_URL and the services' own URLs). `npm start` does the same by itself.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const SERVICES = ['ledger-writer', 'read-model-builder', 'admin-gateway'] as const;

for (const service of SERVICES) {
  const entry = fileURLToPath(new URL(`../../${service}/src/bootstrap.ts`, import.meta.url));
  const child = spawn(process.execPath, [entry], { stdio: 'inherit' });
  const code = await new Promise<number>((done) => child.once('exit', (exitCode) => done(exitCode ?? 1)));
  if (code !== 0) {
    process.stderr.write(`The bootstrap of ${service} failed (exit code ${code}).\n`);
    process.exit(code);
  }
}
process.stdout.write('Databases, roles and topics are there.\n');
