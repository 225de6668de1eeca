import { Type } from 'typebox';
import { route } from '../../contract/route.ts';
import { noQuery } from '../../contract/schemas.ts';

const Check = Type.Object({
  name: Type.String(),
  ok: Type.Boolean(),
  reason: Type.Optional(Type.String()),
  since: Type.String(),
  advisory: Type.Optional(Type.Literal(true)),
});
const ServiceHealth = Type.Object({
  name: Type.String(),
  version: Type.Unsafe<string | null>({ type: ['string', 'null'] }),
  ready: Type.Boolean(),
  checks: Type.Optional(Type.Array(Check)),
  error: Type.Optional(Type.String()),
});

export const getHealth = route({
  id: 'getHealth',
  method: 'GET',
  path: '/admin/health',
  tag: 'Admin',
  summary: "Each service's version and readiness; with the grant * its checks, with reasons and since when",

  query: noQuery,
  answers: { 200: Type.Object({ ready: Type.Boolean(), services: Type.Array(ServiceHealth) }) },
  access: { role: 'admin', ledger: 'none' },
  handle: async (call, { deployment, health, version }) => {
    const own = { name: 'admin-gateway', version, ready: health.ready, checks: health.checks() };
    const services = [own, ...(await deployment.health())];
    // Reasons name hosts and ledgers of others.
    const shown = call.principal.ledgers.has('*')
      ? services
      : services.map(({ name, version: its, ready }) => ({ name, version: its, ready }));
    return { status: 200, body: { ready: services.every(({ ready }) => ready), services: shown } };
  },
});
