/** The package as others get it: packed, installed into an empty project, run on the oldest Node.js that is supported, type-checked, and bundled for a browser. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { build } from 'esbuild';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { emptyProject, execute, OLDEST_NODE_MAJOR, oldestNode, packed } from './packing.ts';

const SAMPLE = `
import { createLedgerFlow, LedgerFlowProblem, type Movement } from '@ledgerflow/client';

const ledgerflow = createLedgerFlow({ baseUrl: process.argv[2] ?? '', credentials: async () => 'token' });
const movement: Movement = await ledgerflow.createTransfer({ ledger: 'demo', body: { from: 'a', to: 'b', amount: '1.00', currency: 'USD' } });
const amounts: string[] = movement.entries.map((entry) => entry.amount);
const ids: string[] = [];
for await (const { id } of ledgerflow.listLedgers()) ids.push(id);
let code = '';
try {
  await ledgerflow.getLedger({ ledger: 'none' });
} catch (error) {
  if (error instanceof LedgerFlowProblem) code = error.code;
}
const positions: string[] = [];
for await (const { position } of ledgerflow.streamEvents({ ledger: 'demo', after: '0' })) {
  positions.push(position);
  break;
}
console.log(JSON.stringify({ version: process.version, amounts, ids, code, positions }));
`;

let folder: string;
let server: Server;
let url: string;

beforeAll(async () => {
  folder = await emptyProject([await packed('client')]);
  server = createServer((request, response) => {
    const answer = (status: number, body: unknown): void =>
      void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    if (request.headers.authorization !== 'Bearer token') return answer(401, { code: 'unauthenticated', title: 'no' });
    if (request.url?.endsWith('/transfers')) return answer(201, { entries: [{ amount: '-1.00' }, { amount: '1.00' }] });
    if (request.url?.endsWith('/ledgers')) return answer(200, { data: [{ id: 'demo' }], nextCursor: null });
    if (request.url?.includes('/stream'))
      return void response.writeHead(200, { 'content-type': 'text/event-stream' }).write('id: 1\ndata: {"position":"1"}\n\n');
    answer(404, { code: 'ledger_not_found', title: 'There is no such ledger' });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await writeFile(join(folder, 'sample.ts'), SAMPLE);
}, 180_000);

afterAll(async () => {
  server.closeAllConnections();
  await new Promise((done) => server.close(done));
  await rm(folder, { recursive: true, force: true });
});

describe('the packed client', () => {
  it('has what a user needs and nothing else', async () => {
    const root = join(folder, 'node_modules/@ledgerflow/client');
    const manifest = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as Record<string, unknown>;
    expect(Object.keys(manifest['dependencies'] as object)).toEqual(['eventsource-parser']);
    expect(manifest).not.toHaveProperty('devDependencies');
    expect(manifest).not.toHaveProperty('scripts');
    await expect(readFile(join(root, 'README.md'), 'utf8')).resolves.toContain('createLedgerFlow');
    await expect(readFile(join(root, 'src/index.ts'))).rejects.toThrow('ENOENT');
  });

  it('type-checks a sample strictly, and the sample runs on the oldest Node.js', async () => {
    const compiler = join(import.meta.dirname, '../node_modules/typescript/bin/tsc');
    const options = {
      target: 'ES2022',
      module: 'NodeNext',
      lib: ['ES2023', 'DOM', 'DOM.Iterable'],
      strict: true,
      types: ['node'],
      typeRoots: [join(import.meta.dirname, '../../../node_modules/@types')],
      skipLibCheck: false,
    };
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, files: ['sample.ts'] }));
    await execute(process.execPath, [compiler, '-p', folder], folder);
    const output = JSON.parse(await execute(oldestNode(), ['sample.js', url], folder)) as Record<string, unknown>;
    expect(output).toMatchObject({ amounts: ['-1.00', '1.00'], ids: ['demo'], code: 'ledger_not_found', positions: ['1'] });
    const version = String(output['version']);
    // With CI=true there is one, or it would have thrown.
    if (!version.startsWith(`v${OLDEST_NODE_MAJOR}.`)) console.log(`there is no Node.js ${OLDEST_NODE_MAJOR} in PATH: ran on ${version}`);
  });

  it('is bundled for browsers without anything of Node.js', async () => {
    const source =
      "import { createLedgerFlow } from '@ledgerflow/client'; globalThis.api = createLedgerFlow({ baseUrl: '', credentials: { cookie: true } });";
    const { outputFiles, warnings } = await build({
      stdin: { contents: source, resolveDir: folder },
      bundle: true,
      write: false,
      minify: true,
      platform: 'browser',
      format: 'esm',
      target: ['es2022'],
      logLevel: 'silent',
    });
    expect(warnings).toEqual([]);
    const text = outputFiles[0]?.text ?? '';
    expect(text).toContain('idempotency-key');
    expect(text).not.toMatch(/\b(process|Buffer|require|__dirname)\b/);
    expect(text.length).toBeLessThan(40_000);
  });
});
