import { Argument, Command } from 'commander';
import { accountCommands } from './commands/accounts.ts';
import { ledgerCommands } from './commands/ledgers.ts';
import { moneyCommands } from './commands/money.ts';
import { operationCommands } from './commands/operations.ts';
import { signInCommands } from './commands/signing-in.ts';
import { verifyCommand } from './commands/verify.ts';
import { candidates, completionScript, SHELL_NAMES } from './completion.ts';
import { actIn, DEFAULT_URL, type Surroundings } from './session.ts';
import { VERSION } from './version.ts';

function completionCommands(program: Command, { streams }: Surroundings): void {
  program
    .command('completion')
    .description('print what a shell needs to complete this command')
    .addArgument(new Argument('<shell>').choices(SHELL_NAMES))
    .action((shell: string) => void streams.out.write(completionScript(shell)));
  program
    .command('__complete [words...]', { hidden: true })
    .allowUnknownOption()
    .action((words: string[]) => {
      const found = candidates(program, words);
      if (found.length > 0) streams.out.write(`${found.join('\n')}\n`);
    });
}

/** The whole tree of commands. Nothing runs before it is parsed. As JSON the parser says nothing of its own on standard error. */
export function buildProgram(surroundings: Surroundings, isJson = false): Command {
  const program = new Command('ledgerflow')
    .description('LedgerFlow from the command line')
    .version(VERSION)
    .option('--url <address>', `the gateway (else LEDGERFLOW_URL, else that of the last login, else ${DEFAULT_URL})`)
    .option('--json', 'JSON for programs: one line for each thing')
    .showHelpAfterError('(--help lists commands and options)')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void surroundings.streams.out.write(text),
      writeErr: (text) => void (isJson || surroundings.streams.error.write(text)),
    });
  const act = actIn(surroundings);
  signInCommands(program, act);
  ledgerCommands(program, act);
  accountCommands(program, act);
  moneyCommands(program, act);
  operationCommands(program, act);
  verifyCommand(program, act);
  completionCommands(program, surroundings);
  return program;
}
