import { COMMANDS } from './commands/registry.ts';
import { bodyOf } from './decide.ts';
import type { BodyOf, CommandKind, NeedsCollector } from './definition.ts';
import type { Needs, Submission } from './state.ts';

class Collector implements NeedsCollector {
  readonly accounts = new Set<string>();
  readonly externalIds = new Set<string>();
  account(id: string): void {
    this.accounts.add(id);
  }
  externalId(id: string | undefined): void {
    if (id !== undefined && id !== '') this.externalIds.add(id);
  }
}

function collect<K extends CommandKind>(body: { $case: K; value: BodyOf<K> }, collector: Collector, key: string): void {
  COMMANDS[body.$case].needs(body.value, collector, key);
}

/** All that a list of submissions has to read before it can be decided, each id once. */
export function needsOf(submissions: readonly Submission[]): Needs {
  const collector = new Collector();
  const keys = new Set<string>();
  for (const { command, key } of submissions) {
    keys.add(key);
    collect(bodyOf(command), collector, key);
  }
  return { accounts: [...collector.accounts], keys: [...keys], externalIds: [...collector.externalIds] };
}
