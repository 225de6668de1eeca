import { stringify } from 'yaml';
import { electionRules, WORK_RULES } from '../../k8s-operator/src/rbac.ts';
import type { GeneratedFiles } from './files.ts';

const NOTE = '# Generated from k8s-operator/src/rbac.ts by npm run generate.\n';

/** The chart puts the release's name there. */
const LEASE_NAME = '$LEASE_NAME';

/** The rules of the chart's roles. */
export function rbacFiles(): GeneratedFiles {
  return {
    'helm/k8s-operator/files/rules.yaml':
      NOTE + stringify({ work: WORK_RULES, election: electionRules(LEASE_NAME) }, { aliasDuplicateObjects: false }),
  };
}
