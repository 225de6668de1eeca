#!/usr/bin/env node
import { EXIT } from './exit-codes.ts';
import { run } from './run.ts';

const stopping = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const)
  process.on(name, () => {
    // The second one does not wait.
    if (stopping.signal.aborted) process.exit(EXIT.interrupted.code);
    stopping.abort(new DOMException('interrupted', 'AbortError'));
  });

// A pipe that was closed is told to who writes; without a listener it would end the process with a stack.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

process.exitCode = await run(process.argv.slice(2), {
  environment: process.env,
  streams: { out: process.stdout, error: process.stderr },
  signal: stopping.signal,
});
