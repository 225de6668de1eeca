import { KubeError } from './errors.ts';

/** etcd takes objects up to 1.5 MiB; what is longer is no event. */
const LINE_BYTES_MAX = 8 * 1024 * 1024;

/** The JSON values of a stream that has one a line. Throws a KubeError `Malformed` for half a line at its end, one that is no JSON, or one without end. */
export async function* jsonLines(chunks: AsyncIterable<Buffer>, lineBytesMax = LINE_BYTES_MAX): AsyncGenerator<unknown> {
  let begun: Buffer[] = [];
  let begunBytes = 0;
  for await (const chunk of chunks) {
    let from = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      const line = Buffer.concat([...begun, chunk.subarray(from, end)]).toString();
      begun = [];
      begunBytes = 0;
      from = end + 1;
      if (line.trim() !== '') yield parse(line);
    }
    if (from === chunk.length) continue;
    begun.push(chunk.subarray(from));
    begunBytes += chunk.length - from;
    if (begunBytes > lineBytesMax) throw malformed(`a line of more than ${lineBytesMax} bytes`);
  }
  if (begunBytes > 0) throw malformed('it ended within a line');
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    throw malformed('a line is no JSON', error);
  }
}

const malformed = (message: string, cause?: unknown): KubeError =>
  new KubeError(`watch: ${message}`, { status: 0, reason: 'Malformed', cause });
