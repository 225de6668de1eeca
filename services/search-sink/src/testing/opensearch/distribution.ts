import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { access, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The version in pom.xml; it names the cache folder, so that a new version never meets old jars. */
export const OPENSEARCH_VERSION = '2.19.6';
const CACHE_DIR = join(import.meta.dirname, '..', '..', '..', '..', '..', '.cache');
/** 45 MB over a slow line; measured 8 s with a warm mirror. */
const DOWNLOAD_TIMEOUT_MS = 600_000;
/** The network is a module of its own, with its own class loader and permissions. */
const MODULE = 'transport-netty4';
const MODULE_JARS = /^(netty-|transport-netty4)/;

const DESCRIPTOR = `name=${MODULE}
description=Netty based transport
version=${OPENSEARCH_VERSION}
opensearch.version=${OPENSEARCH_VERSION}
java.version=11
classname=org.opensearch.transport.Netty4Plugin
`;

/** Sockets, and what the library looks at on the way. */
const POLICY = `grant {
  permission java.net.SocketPermission "*", "accept,connect";
  permission java.io.FilePermission "/proc/sys/net/core/somaxconn", "read";
  permission java.lang.RuntimePermission "getClassLoader";
  permission java.lang.RuntimePermission "setContextClassLoader";
  permission java.util.PropertyPermission "sun.nio.ch.bugLevel", "write";
};
`;

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** Lays the jars out as a node wants them: lib/ and modules/transport-netty4/. */
async function layOut(home: string): Promise<void> {
  const lib = join(home, 'lib');
  const module = join(home, 'modules', MODULE);
  await mkdir(module, { recursive: true });
  await mkdir(join(home, 'plugins'));
  for (const jar of await readdir(lib)) if (MODULE_JARS.test(jar)) await rename(join(lib, jar), join(module, jar));
  await writeFile(join(module, 'plugin-descriptor.properties'), DESCRIPTOR);
  await writeFile(join(module, 'plugin-security.policy'), POLICY);
}

/**
 * The home folder of a node, filled by Maven the first time. Each process fills a folder of its own and renames it, which is atomic: whoever comes second throws his away, and
 * a download that was cut short is never taken for a whole one.
 */
export async function openSearchHome(): Promise<string> {
  const home = join(CACHE_DIR, `opensearch-${OPENSEARCH_VERSION}`);
  if (await exists(home)) return home;
  const staging = `${home}.${process.pid}.${randomBytes(4).toString('hex')}`;
  await mkdir(staging, { recursive: true });
  try {
    const goal = ['dependency:copy-dependencies', `-DoutputDirectory=${join(staging, 'lib')}`, '-DincludeScope=runtime'];
    await run('mvn', ['-B', '-q', '-ntp', '-f', join(import.meta.dirname, 'pom.xml'), ...goal], { timeout: DOWNLOAD_TIMEOUT_MS });
    await layOut(staging);
    await rename(staging, home).catch(async (error: unknown) => {
      if (!(await exists(home))) throw error;
    });
    return home;
  } catch (error) {
    const { code, stdout = '', message } = error as Error & { code?: unknown; stdout?: string };
    if (code === 'ENOENT')
      throw new Error('OpenSearch is fetched by Maven once: `mvn` was not found (Debian: apt install maven)', { cause: error });
    throw new Error(`Maven could not fetch OpenSearch ${OPENSEARCH_VERSION}: ${stdout.trim() === '' ? message : stdout.trim()}`, {
      cause: error,
    });
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}
