export { requestToken } from '../identity/request-token.ts';
export { freePorts } from '../postgres/server.ts';
export { type IdentityServer, startIdentityServer } from '../identity/server.ts';
export { CLIENT_ID, CLIENT_SECRET } from '../identity/users.ts';
export { Browser, type Visit } from './browser.ts';
