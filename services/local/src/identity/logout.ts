import { htmlPage } from './page.ts';

/** Asks whether to sign out, as RP-Initiated Logout wants it; `form` is the provider's, with its own protection. */
export function showLogout(context: { body: string }, form: string): void {
  context.body = htmlPage(
    'sign out',
    `${form}<p>Sign out of the development identity provider?</p>
<button type="submit" form="op.logoutForm" name="logout" value="yes" autofocus>Sign out</button><button type="submit" form="op.logoutForm">Stay signed in</button>`,
  );
}
