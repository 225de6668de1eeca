import { route } from '../../../contract/route.ts';
import { query } from '../../../contract/schemas.ts';
import { Entry, filterOf, filterProperties, renderFound } from './entry.ts';

export const exportAudit = route({
  id: 'exportAudit',
  method: 'GET',
  path: '/admin/audit/export',
  tag: 'Admin',
  summary:
    'All that a search of the audit finds, as NDJSON, a line an entry, newest first. One that is cut short ends without the end of its body: go on with to = the last recordedAt. The export is itself audited before it begins',
  query: query(filterProperties),
  answers: { 200: Entry },
  access: { role: 'auditor', ledger: 'filtered' },
  ndjson: true,
  handle: (call, { auditSearch, auditExports }) =>
    auditExports.begin(call, call.query, () => auditSearch.walk(filterOf(call.query), call, null), renderFound),
});
