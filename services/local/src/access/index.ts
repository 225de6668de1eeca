export { UserError } from '../instance/user-error.ts';
export { requestAccessToken } from './access-token.ts';
