import { promisify } from 'node:util';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { brotliCompress, constants, gzip } from 'node:zlib';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

/** The gateway puts a nonce of its own in its place with each answer. */
const NONCE_PLACE = '__CSP_NONCE__';
const COMPRESSED = /\.(js|css|svg|html)$/;
const WORTH_BYTES = 1_024;

/** name.br and name.gz beside each file that is worth it: the gateway sends them as they are. */
function compressed(): Plugin {
  let folder = '';
  return {
    name: 'compressed',
    apply: 'build',
    configResolved: ({ root, build }) => void (folder = resolve(root, build.outDir)),
    async closeBundle() {
      const [brotli, zip] = [promisify(brotliCompress), promisify(gzip)];
      for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
        if (!entry.isFile() || !COMPRESSED.test(entry.name) || entry.name === 'index.html') continue;
        const file = join(entry.parentPath, entry.name);
        const content = await readFile(file);
        if (content.length < WORTH_BYTES) continue;
        await writeFile(`${file}.br`, await brotli(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }));
        await writeFile(`${file}.gz`, await zip(content, { level: 9 }));
      }
    },
  };
}

/**
 * Most of a chunk's functions run soon after it is there: compiled by another thread while it comes, they take no time of the main one (V8's explicit compile hints, which
 * have to stand first).
 */
function compiledAhead(): Plugin {
  return {
    name: 'compiled-ahead',
    apply: 'build',
    generateBundle: {
      order: 'post',
      handler(_options, bundle) {
        for (const file of Object.values(bundle)) if (file.type === 'chunk') file.code = `//# allFunctionsCalledOnLoad\n${file.code}`;
      },
    },
  };
}

/** Small parts that the first page and most others have, which would else be a dozen files. */
const ALSO_FIRST =
  /@mantine\/core\/esm\/components\/(Card|Paper|Title|NativeSelect|VisuallyHidden|Combobox\/ComboboxChevron|InlineInput)\/|use-document-title|\/(CheckCircle|QuestionMarkCircle|XCircle|ExclamationTriangle)Icon|frontend\/src\/ui\/(count|page|record-type|money\/(format|money))/;

const GATEWAY = process.env['LEDGERFLOW_URL'] ?? 'http://127.0.0.1:8080';

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react(), compiledAhead(), compressed()],
  html: { cspNonce: NONCE_PLACE },
  build: {
    target: 'es2022',
    outDir: 'dist',
    emptyOutDir: true,
    chunkSizeWarningLimit: 600,
    modulePreload: { polyfill: false },
    // What every page needs is one file: it is smaller and sooner there than in parts. Each page has what only some of them need.
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            { name: 'base', tags: ['$initial'] },
            { name: 'parts', test: ALSO_FIRST },
          ],
        },
      },
    },
  },
  server: {
    port: 5173,
    strictPort: true,
    proxy: Object.fromEntries(['/api', '/oauth2', '/openapi.json', '/docs', '/healthz', '/readyz'].map((path) => [path, GATEWAY])),
  },
});
