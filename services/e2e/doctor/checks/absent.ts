import { skipped, type Result } from '../finding.ts';
import type { Installation } from '../installation.ts';

/** One finding for the databases that a check would look at, if their variables were set. */
export function notLookedAt({ absent }: Pick<Installation, 'absent'>, isNeeded: (variable: string) => boolean = () => true): Result[] {
  const needed = absent.filter(({ variable }) => isNeeded(variable));
  if (needed.length === 0) return [];
  const [names, variables] = [needed.map(({ name }) => name), needed.map(({ variable }) => variable)];
  return [skipped('databases', `not looked at: ${names.join(', ')}`, `set ${variables.join(', ')}`)];
}
