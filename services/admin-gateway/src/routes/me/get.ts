import { Type } from 'typebox';
import { route } from '../../contract/route.ts';
import { noQuery, Time } from '../../contract/schemas.ts';

export const getMe = route({
  id: 'getMe',
  method: 'GET',
  path: '/me',
  tag: 'Service',
  summary: 'Who the token says you are',
  query: noQuery,
  answers: {
    200: Type.Object({ id: Type.String(), roles: Type.Array(Type.String()), ledgers: Type.Array(Type.String()), expiresAt: Time }),
  },
  access: 'authenticated',
  handle: ({ principal }) => ({
    status: 200,
    body: {
      id: principal.id,
      roles: principal.roles,
      ledgers: [...principal.ledgers],
      expiresAt: new Date(principal.expiresAtMs).toISOString().replace('Z', '000Z'),
    },
  }),
});
