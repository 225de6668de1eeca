import { type Command, Option } from 'commander';

const SHELLS: Readonly<Record<string, string>> = {
  bash: `_ledgerflow() {
  local IFS=$'\\n'
  COMPREPLY=($(ledgerflow __complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _ledgerflow ledgerflow
`,
  zsh: `#compdef ledgerflow
_ledgerflow() {
  local -a found
  found=(\${(f)"$(ledgerflow __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)"})
  (( \${#found} )) && compadd -- $found || _files
}
compdef _ledgerflow ledgerflow
`,
  fish: `complete -c ledgerflow -f -a '(ledgerflow __complete -- (commandline -opc)[2..] (commandline -ct) 2>/dev/null)'
`,
};

export const SHELL_NAMES = Object.keys(SHELLS);

export const completionScript = (shell: string): string => SHELLS[shell] ?? '';

const optionsOf = (command: Command): Option[] => {
  const all: Option[] = [];
  for (let each: Command | null = command; each !== null; each = each.parent) all.push(...each.options);
  return all;
};

/** What the last of these words can be: commands, options, and the choices of an option. The words of a ledger are not known here. */
export function candidates(program: Command, words: readonly string[]): string[] {
  const before = words.slice(0, -1);
  const last = words.at(-1) ?? '';
  let command = program;
  let open: Option | null = null;
  for (const word of before) {
    if (open !== null) {
      open = null;
      continue;
    }
    if (word.startsWith('-')) {
      const option = optionsOf(command).find(({ long, short }) => long === word || short === word);
      open = option !== undefined && (option.required || option.optional) ? option : null;
      continue;
    }
    command = command.commands.find((child) => child.name() === word) ?? command;
  }
  if (open !== null) return (open.argChoices ?? []).filter((choice) => choice.startsWith(last));
  const names = command
    .createHelp()
    .visibleCommands(command)
    .map((child) => child.name());
  const choices = command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []);
  const flags = [...optionsOf(command).filter(({ hidden }) => !hidden), new Option('--help')].map(({ long }) => long ?? '');
  const offered = last.startsWith('-') ? flags : [...names, ...choices];
  return offered.filter((word) => word.startsWith(last)).sort();
}
