import { expect, it } from '@jest/globals';
import { parseRoleMap, principalOf } from './claims.ts';

const roles = (claims: string[], map: string): readonly string[] | undefined =>
  principalOf({ sub: 'ann', exp: 1, groups: claims }, { rolesClaim: 'groups', ledgersClaim: 'ledgers', roleMap: parseRoleMap(map) })?.roles;

it.each([
  ['no map: our own names', ['admin', 'staff'], '', ['admin']],
  ['a map: what it names', ['staff', 'clerks'], 'staff=viewer,clerks=operator', ['operator', 'viewer']],
  ["a map: another's group with the name of a role grants nothing", ['admin', 'operator', 'staff'], 'staff=viewer', ['viewer']],
  ['a map that names a role itself', ['admin'], 'admin=admin', ['admin']],
])('%s', (_, claims, map, expected) => expect(roles(claims, map)).toEqual(expected));
