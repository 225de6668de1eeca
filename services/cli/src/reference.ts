import type { Command } from 'commander';
import { EXIT } from './exit-codes.ts';
import { buildProgram } from './program.ts';

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('<', '\\<');

function optionRows(command: Command): string {
  const options = command.options.filter(({ hidden }) => !hidden);
  if (options.length === 0) return '';
  const rows = options.map((option) => {
    const facts = [
      option.description,
      ...(option.mandatory ? ['required'] : []),
      ...(option.argChoices === undefined ? [] : [`one of ${option.argChoices.join(', ')}`]),
      ...(option.defaultValue === undefined ? [] : [`default ${String(option.defaultValue)}`]),
    ];
    return `| \`${option.flags.replaceAll('|', '\\|')}\` | ${cell(facts.join('; '))} |`;
  });
  return `\n| Option | |\n| --- | --- |\n${rows.join('\n')}\n`;
}

function sections(command: Command, path: string): string[] {
  const own = `${path} ${command.name()}`.trim();
  const children = command
    .createHelp()
    .visibleCommands(command)
    .filter((child) => child.name() !== 'help');
  if (children.length > 0) return children.flatMap((child) => sections(child, own));
  const args = command.registeredArguments.map((argument) => {
    const name = `${argument.name()}${argument.variadic ? '…' : ''}`;
    return argument.required ? `<${name}>` : `[${name}]`;
  });
  return [`## ${own}\n\n\`\`\`\n${[own, ...args].join(' ')}\n\`\`\`\n\n${command.description()}\n${optionRows(command)}`];
}

/** docs/reference/cli.md: every command with its options, and the exit codes. */
export function cliReference(): string {
  const program = buildProgram({
    environment: {},
    streams: { out: process.stdout, error: process.stderr },
    signal: new AbortController().signal,
  });
  const codes = Object.values(EXIT).map(({ code, meaning }) => `| ${code} | ${cell(meaning)} |`);
  return `# Commands of \`ledgerflow\`

Generated from the commands themselves by \`npm run generate\`; [how to use them](../guides/command-line.md).

Options of every command:
${optionRows(program)}
## Exit codes

| Code | Meaning |
| --- | --- |
${codes.join('\n')}

${sections(program, '').join('\n')}`;
}
