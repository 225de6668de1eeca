import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { access, mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const HERE = dirname(fileURLToPath(import.meta.url));

/** The version in pom.xml; it names the cache folder, so that a new version never meets old jars. */
export const KAFKA_VERSION = '4.3.1';
const CACHE_DIR = join(HERE, '..', '..', '..', '.cache');
const JAVA_MAJOR_MIN = 17;
const JAVA_VERSION_TIMEOUT_MS = 20_000;
/** 45 MB over a slow line; measured 12 s with a warm mirror. */
const DOWNLOAD_TIMEOUT_MS = 600_000;

/** A machine that can not run the broker; the message says what to install. */
export class KafkaSetupError extends Error {
  override name = 'KafkaSetupError';
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}

async function assertJava(): Promise<void> {
  let text: string;
  try {
    const { stderr, stdout } = await run('java', ['-version'], { timeout: JAVA_VERSION_TIMEOUT_MS });
    text = stderr + stdout;
  } catch (error) {
    const why = isMissing(error) ? '`java` was not found' : `\`java -version\` failed: ${(error as Error).message}`;
    throw new KafkaSetupError(
      `Kafka needs Java ${JAVA_MAJOR_MIN} or later: ${why}. Install a JDK or JRE (Debian: apt install openjdk-17-jre-headless).`,
    );
  }
  // "17.0.15" since Java 9, "1.8.0_402" before.
  const [, first, second] = /version "(\d+)(?:\.(\d+))?/.exec(text) ?? [];
  const major = Number(first === '1' ? second : first);
  if (!(major >= JAVA_MAJOR_MIN))
    throw new KafkaSetupError(
      `Kafka ${KAFKA_VERSION} needs Java ${JAVA_MAJOR_MIN} or later; \`java -version\` says ${text.split('\n')[0] ?? ''}`,
    );
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/**
 * The folder with the broker's jars, filled by Maven the first time. Each process copies to a folder of its own and renames it, which is atomic: whoever comes
 * second throws his copy away, and a download that was cut short is never taken for a whole one.
 */
export async function kafkaJars(): Promise<string> {
  await assertJava();
  const jars = join(CACHE_DIR, `kafka-${KAFKA_VERSION}`);
  if (await exists(jars)) return jars;
  await mkdir(CACHE_DIR, { recursive: true });
  const staging = `${jars}.${process.pid}.${randomBytes(4).toString('hex')}`;
  try {
    const goal = ['dependency:copy-dependencies', `-DoutputDirectory=${staging}`, '-DincludeScope=runtime'];
    await run('mvn', ['-B', '-q', '-ntp', '-f', join(HERE, 'pom.xml'), ...goal], { timeout: DOWNLOAD_TIMEOUT_MS });
    await rename(staging, jars).catch(async (error: unknown) => {
      if (!(await exists(jars))) throw error;
    });
    return jars;
  } catch (error) {
    if (isMissing(error))
      throw new KafkaSetupError('Kafka is fetched by Maven once: `mvn` was not found. Install Maven (Debian: apt install maven).');
    const output = `${(error as { stdout?: string }).stdout ?? ''}`.trim();
    throw new KafkaSetupError(`Maven could not fetch Kafka ${KAFKA_VERSION}: ${output === '' ? (error as Error).message : output}`);
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}
