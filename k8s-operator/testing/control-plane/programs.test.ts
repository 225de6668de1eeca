import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ProgramSetupError } from '../../../services/e2e/programs/go.ts';
import { ensurePrograms, programPath, readiness } from './programs.ts';

const BUILT = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kwok', 'kwok-stages'];
const environment = { ...process.env };
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'programs-test-'));
  process.env = { ...environment, LEDGERFLOW_CACHE: join(folder, 'cache'), PATH: folder };
  delete process.env['KUBEBUILDER_ASSETS'];
});
afterEach(() => {
  process.env = environment;
  rmSync(folder, { recursive: true, force: true });
});

const goSays = (text: string): void => writeFileSync(join(folder, 'go'), `#!/bin/sh\necho '${text}'\n`, { mode: 0o755 });

describe("where the control plane's programs come from", () => {
  it('says what is missing where there is neither Go nor KUBEBUILDER_ASSETS', async () => {
    const { missing, problem } = await readiness();
    expect(missing).toEqual([...BUILT, 'kubectl', 'helm']);
    expect(problem).toMatch(
      /needs Go 1\.26 or later .* to build etcd, .*, kwok-stages once \(there is no Go\), or a folder KUBEBUILDER_ASSETS/,
    );
    await expect(ensurePrograms()).rejects.toThrow(ProgramSetupError);
  });

  it('wants a Go that is new enough', async () => {
    goSays('go version go1.25.9 linux/amd64');
    expect((await readiness()).problem).toContain('this is go version go1.25.9');
    goSays('go version go1.26.0 linux/amd64');
    expect((await readiness()).problem).toBeNull();
    goSays('go version go2.0 linux/amd64');
    expect((await readiness()).problem).toBeNull();
  });

  it('builds only what KUBEBUILDER_ASSETS does not hold', async () => {
    process.env['KUBEBUILDER_ASSETS'] = folder;
    for (const name of ['etcd', 'kube-apiserver', 'kubectl']) writeFileSync(join(folder, name), '');
    const { missing, problem } = await readiness();
    expect(missing).toEqual(['kube-controller-manager', 'kube-scheduler', 'kwok', 'kwok-stages', 'helm']);
    expect(problem).toContain('to build kube-controller-manager, kube-scheduler, kwok, kwok-stages once');
    expect(programPath('etcd')).toBe(join(folder, 'etcd'));
  });

  it('needs no Go where KUBEBUILDER_ASSETS holds everything', async () => {
    process.env['KUBEBUILDER_ASSETS'] = folder;
    for (const name of [...BUILT, 'kubectl', 'helm']) writeFileSync(join(folder, name), '');
    expect(await readiness()).toEqual({ missing: [], problem: null });
    await ensurePrograms();
  });
});
