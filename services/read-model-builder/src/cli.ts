#!/usr/bin/env node
/** `read-model-builder` runs the service; `… rebuild` makes projections anew, `… dead-letters` shows and repairs what is parked, `… adopt-epoch` follows a ledger that was restored; these end. */
const [command, ...rest] = process.argv.slice(2);

if (command === 'rebuild') {
  const { rebuildCommand } = await import('./rebuild/command.ts');
  process.exitCode = await rebuildCommand(rest, (text) => process.stdout.write(text));
} else if (command === 'dead-letters') {
  const { lettersCommand } = await import('./letters/command.ts');
  process.exitCode = await lettersCommand(rest, (text) => process.stdout.write(text));
} else if (command === 'adopt-epoch') {
  const { adoptCommand } = await import('./epoch/command.ts');
  process.exitCode = await adoptCommand(rest, (text) => process.stdout.write(text));
} else if (command === undefined) await import('./main.ts');
else {
  process.stderr.write(`read-model-builder knows no command ${command}; there are: rebuild, dead-letters, adopt-epoch\n`);
  process.exitCode = 2;
}
