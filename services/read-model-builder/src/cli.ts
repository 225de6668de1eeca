#!/usr/bin/env node
/** `read-model-builder` runs the service; `… rebuild` makes projections anew, `… dead-letters` shows and repairs what is parked, `… adopt-epoch` follows a ledger that was restored; these end. */
const [name, ...rest] = process.argv.slice(2);
const write = (text: string): unknown => process.stdout.write(text);

const HELP = `read-model-builder              runs the service
read-model-builder rebuild       makes projections anew
read-model-builder dead-letters  shows and repairs what is parked
read-model-builder adopt-epoch   follows a ledger that was restored

Each of the commands tells its options with --help. What they need in the environment: docs/reference/configuration.md.
`;

if (name === undefined) await import('./main.ts');
else if (name === '--help') write(HELP);
else {
  const { runCommand, USAGE_CODE } = await import('./command.ts');
  if (name === 'rebuild') process.exitCode = await runCommand((await import('./rebuild/command.ts')).REBUILD, rest, write);
  else if (name === 'dead-letters') process.exitCode = await runCommand((await import('./letters/command.ts')).DEAD_LETTERS, rest, write);
  else if (name === 'adopt-epoch') process.exitCode = await runCommand((await import('./epoch/command.ts')).ADOPT_EPOCH, rest, write);
  else {
    process.stderr.write(`read-model-builder knows no command ${name}; there are: rebuild, dead-letters, adopt-epoch\n`);
    process.exitCode = USAGE_CODE;
  }
}
