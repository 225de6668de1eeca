import type { Context } from '../context.ts';
import { skipped, type Result } from '../finding.ts';
import type { DatabaseKind, Installation } from '../installation.ts';

/** One finding for the databases that a check would look at, if their variables were set. */
export function notLookedAt({ absent }: Pick<Installation, 'absent'>, isNeeded: (variable: string) => boolean = () => true): Result[] {
  const needed = absent.filter(({ variable }) => isNeeded(variable));
  if (needed.length === 0) return [];
  const [names, variables] = [needed.map(({ name }) => name), needed.map(({ variable }) => variable)];
  return [skipped('databases', `not looked at: ${names.join(', ')}`, `set ${variables.join(', ')}`)];
}

/** What a check asks, by its variable: whether that is set, and whether what it names answers. */
interface Wanted {
  variable: string;
  isSet: boolean;
  isThere: boolean;
}

export const wantedDatabase = ({ installation, databases }: Context, kind: DatabaseKind, variable: string): Wanted => ({
  variable,
  isSet: installation.databases.some((place) => place.kind === kind),
  isThere: databases.some((database) => database.kind === kind),
});

/** What to do so that it can be looked at: what is set already is not asked for again. */
export function adviceFor(wanted: readonly Wanted[]): string {
  const names = (kept: (one: Wanted) => boolean): string[] => wanted.filter(kept).map(({ variable }) => variable);
  const unset = names(({ isSet }) => !isSet);
  const silent = names(({ isSet, isThere }) => isSet && !isThere);
  return [
    ...(unset.length === 0 ? [] : [`set ${unset.join(' and ')}`]),
    ...(silent.length === 0
      ? []
      : [`what ${silent.join(' and ')} ${silent.length > 1 ? 'name' : 'names'} cannot be asked: see connections above`]),
  ].join('; ');
}
