import { stringify } from 'yaml';
import { ELECTION_RULES, WORK_RULES } from '../../k8s-operator/src/rbac.ts';
import type { GeneratedFiles } from './files.ts';

const NOTE = '# Generated from k8s-operator/src/rbac.ts by npm run generate.\n';

/** The rules of the chart's roles. */
export function rbacFiles(): GeneratedFiles {
  return {
    'helm/k8s-operator/files/rules.yaml':
      NOTE + stringify({ work: WORK_RULES, election: ELECTION_RULES }, { aliasDuplicateObjects: false }),
  };
}
