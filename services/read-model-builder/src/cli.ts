#!/usr/bin/env node
/** `read-model-builder` runs the service; `read-model-builder rebuild …` makes projections anew and ends. */
const [command, ...rest] = process.argv.slice(2);

if (command === 'rebuild') {
  const { rebuildCommand } = await import('./rebuild/command.ts');
  process.exitCode = await rebuildCommand(rest, (text) => process.stdout.write(text));
} else if (command === undefined) await import('./main.ts');
else {
  process.stderr.write(`read-model-builder knows no command ${command}; there is: rebuild\n`);
  process.exitCode = 2;
}
