import { withoutCredentials } from '@ledgerflow/platform/log';
import { reasonOf } from './ask.ts';
import { clocks } from './checks/clocks.ts';
import { connections } from './checks/connections.ts';
import { lag } from './checks/lag.ts';
import { migrations } from './checks/migrations.ts';
import { roles } from './checks/roles.ts';
import { signIn } from './checks/sign-in.ts';
import { tokens } from './checks/tokens.ts';
import { topics } from './checks/topics.ts';
import { versions } from './checks/versions.ts';
import type { Context } from './context.ts';
import { openDatabases } from './databases.ts';
import { type CheckName, CHECKS, fail, type Finding, type Result, type Status } from './finding.ts';
import type { Installation } from './installation.ts';

/** Of one check; all of them run at once. */
const CHECK_TIMEOUT_MS = 25_000;

const RUN: Readonly<Record<CheckName, (context: Context) => Promise<Result[]>>> = {
  versions,
  connections,
  clocks,
  migrations,
  topics,
  roles,
  tokens,
  'sign-in': signIn,
  lag,
};

export interface Report {
  installation: string;
  /** False if anything failed. */
  ok: boolean;
  counts: Record<Status, number>;
  findings: Finding[];
}

async function bounded(name: CheckName, context: Context): Promise<Result[]> {
  const late = Promise.withResolvers<Result[]>();
  const message = `the check did not end within ${CHECK_TIMEOUT_MS / 1000} s`;
  const timer = setTimeout(
    () => late.resolve([fail(name, message, 'see whether what it asks is overloaded, and try again')]),
    CHECK_TIMEOUT_MS,
  );
  try {
    return await Promise.race([RUN[name](context), late.promise]);
  } catch (error) {
    return [
      fail(name, `the check could not be made: ${reasonOf(error)}`, 'this is a fault of the doctor or of what it asked: see the message'),
    ];
  } finally {
    clearTimeout(timer);
  }
}

/** Takes out what must not be seen, whoever said it. */
function redact(text: string, secrets: readonly string[]): string {
  return secrets.reduce((said, secret) => said.replaceAll(secret, '***'), withoutCredentials(text));
}

/** Looks at everything that is known of an installation; changes nothing. Never rejects for what is wrong with it. */
export async function examine(installation: Installation, options: { nowMs?: () => number } = {}): Promise<Report> {
  const { databases, failures, close } = await openDatabases(installation.databases);
  try {
    const secrets = [...installation.secrets];
    const token = async (): Promise<string | null> => {
      const given = await installation.token();
      if (given !== null) secrets.push(given);
      return given;
    };
    const context: Context = { installation: { ...installation, token }, databases, nowMs: options.nowMs ?? Date.now };
    const results = await Promise.all(CHECKS.map((name) => bounded(name, context)));
    const findings = CHECKS.flatMap((check, i) =>
      [...(check === 'connections' ? failures : []), ...(results[i] ?? [])].map(({ message, advice, ...rest }): Finding => ({
        check,
        ...rest,
        message: redact(message, secrets),
        ...(advice === undefined ? {} : { advice: redact(advice, secrets) }),
      })),
    );
    const counts = { ok: 0, warn: 0, fail: 0, skipped: 0 };
    for (const { status } of findings) counts[status] += 1;
    return { installation: installation.description, ok: counts.fail === 0, counts, findings };
  } finally {
    await close();
  }
}
