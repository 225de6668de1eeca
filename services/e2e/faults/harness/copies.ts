import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { TestPostgres } from '@ledgerflow/local/postgres';
import { until } from '../../stack/wait.ts';

const STOP_MAX_MS = 30_000;
const COPY_MAX_MS = 60_000;

/** Ends the server in order (fast shutdown), so that its folder can be copied. */
export async function stopServer(postgres: TestPostgres): Promise<void> {
  await postgres.kill('SIGINT');
  await until('PostgreSQL has stopped', () => postgres.pid === null, STOP_MAX_MS);
}

const copyOf = (postgres: TestPostgres): string => `${postgres.dataDir}.copy`;

/** Owners and links are kept: the server may run as another user than we do. */
async function copyFolder(from: string, to: string): Promise<void> {
  await rm(to, { recursive: true, force: true });
  await promisify(execFile)('cp', ['-a', from, to], { timeout: COPY_MAX_MS });
}

/** Stops the server, copies its data beside it, and starts it again: a cold backup. */
export async function backUp(postgres: TestPostgres): Promise<void> {
  await stopServer(postgres);
  await copyFolder(postgres.dataDir, copyOf(postgres));
  await postgres.restart();
}

/** Kills the server and puts the copy in the place of its data; it does not run afterwards. */
export async function putBack(postgres: TestPostgres): Promise<void> {
  await postgres.kill('SIGKILL');
  await copyFolder(copyOf(postgres), postgres.dataDir);
}
