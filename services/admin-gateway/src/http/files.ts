import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join, relative, sep } from 'node:path';
import type { RequestHandler } from 'express';
import { SECURITY_HEADERS } from './respond.ts';

const CODINGS = [
  ['br', '.br'],
  ['gzip', '.gz'],
] as const;
type Coding = (typeof CODINGS)[number][0];

interface Stored {
  /** As for Express's response.type. */
  extension: string;
  cacheControl: string;
  /** Of the content as it is; of a compressed form it has the coding behind it. */
  digest: string;
  content: Buffer;
  compressed: ReadonlyMap<Coding, Buffer>;
}

function readAll(folder: string): Map<string, Buffer> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(
    files.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [`/${relative(folder, path).split(sep).join('/')}`, readFileSync(path)];
    }),
  );
}

function stored(all: ReadonlyMap<string, Buffer>, path: string, content: Buffer, cacheControl: string): Stored {
  const compressed = CODINGS.flatMap(([coding, ending]) => {
    const form = all.get(path + ending);
    return form === undefined ? [] : [[coding, form] as const];
  });
  return {
    extension: extname(path),
    cacheControl,
    digest: createHash('sha256').update(content).digest('base64url'),
    content,
    compressed: new Map(compressed),
  };
}

const isForm = (path: string): boolean => CODINGS.some(([, ending]) => path.endsWith(ending));
/** Notes of the build are nobody's. */
const isHidden = (path: string): boolean => path.includes('/.');

/**
 * Files of a folder as they are now, from memory: one that is built anew while this process runs does not change what its page asks for, and a client who goes away holds no
 * file open. name.br and name.gz are forms of name. What is not one of them goes on. Throws what reading throws.
 */
export function filesOf(folder: string, options: { except: string; cacheControl: (path: string) => string }): RequestHandler {
  const all = readAll(folder);
  const files = new Map<string, Stored>();
  for (const [path, content] of all)
    if (path !== options.except && !isForm(path) && !isHidden(path))
      files.set(path, stored(all, path, content, options.cacheControl(path)));
  return (request, response, next) => {
    // As it was sent: a name of the build needs no percent.
    const file = request.method === 'GET' || request.method === 'HEAD' ? files.get(request.path) : undefined;
    if (file === undefined) return next();
    const [coding] = CODINGS.find(([one]) => file.compressed.has(one) && request.acceptsEncodings(one) === one) ?? [];
    const body = coding === undefined ? file.content : (file.compressed.get(coding) as Buffer);
    response.set({
      ...SECURITY_HEADERS,
      'cache-control': file.cacheControl,
      etag: `"${file.digest}${coding === undefined ? '' : `-${coding}`}"`,
      ...(file.compressed.size === 0 ? {} : { vary: 'Accept-Encoding' }),
      ...(coding === undefined ? {} : { 'content-encoding': coding }),
    });
    if (request.fresh) return void response.status(304).end();
    response.type(file.extension).set('content-length', String(body.length)).end(body);
  };
}
