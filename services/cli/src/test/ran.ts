import { Writable } from 'node:stream';
import { run } from '../run.ts';

export interface RanOptions {
  environment: NodeJS.ProcessEnv;
  signal?: AbortSignal;
  onOut?: (text: string) => void;
  onError?: (text: string) => void;
}

/** A command line run in this process: its exit code and what it wrote. */
export async function ran(
  argv: readonly string[],
  { environment, signal = new AbortController().signal, onOut, onError }: RanOptions,
): Promise<{ code: number; out: string; error: string }> {
  const texts = { out: '', error: '' };
  const collecting = (name: keyof typeof texts, tell?: (text: string) => void): Writable =>
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        texts[name] += chunk.toString();
        tell?.(chunk.toString());
        done();
      },
    });
  const code = await run(argv, { environment, signal, streams: { out: collecting('out', onOut), error: collecting('error', onError) } });
  return { code, ...texts };
}
