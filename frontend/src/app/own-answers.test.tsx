/** @jest-environment jsdom */
import { afterEach, expect, it } from '@jest/globals';
import { QueryClientProvider, useQuery } from '@tanstack/react-query';
import { act, cleanup, screen } from '@testing-library/react';
import type { Me } from '../api/access.ts';
import { keys } from '../api/keys.ts';
import { me } from '../api/session.ts';
import { draw } from '../testing/render.tsx';
import { createQueryClient } from './query-client.ts';
import { createStore } from './state.ts';

afterEach(cleanup);

const of = (id: string, ...ledgers: string[]): Me => ({ id, roles: ['viewer'], ledgers }) as unknown as Me;

/** A page of a list that is answered by the cookie, and all that it was ever drawn with. */
function scene() {
  const client = createQueryClient(createStore({}));
  let cookie = of('ada', 'shop');
  const drawn: string[] = [];
  const read = (): string => `of ${cookie.id} in ${cookie.ledgers.join()}`;
  function Page({ who }: { who: string }) {
    const { data = '–' } = useQuery({ queryKey: keys.all('listAccounts', 'shop'), queryFn: read, staleTime: Infinity });
    drawn.push(`${who}: ${data}`);
    return <p>{data}</p>;
  }
  const getMe = { queryKey: me.queryKey, queryFn: (): Me => cookie };
  function SignedIn() {
    const { data } = useQuery(getMe);
    return data === undefined ? null : <Page key={data.id} who={data.id} />;
  }
  draw(
    <QueryClientProvider client={client}>
      <SignedIn />
    </QueryClientProvider>,
  );
  const signIn = (who: Me): Promise<void> =>
    act(async () => {
      cookie = who;
      await client.fetchQuery({ ...getMe, staleTime: 0 });
    });
  return { signIn, drawn };
}

it('shows nobody what another one was answered, not so much as once', async () => {
  const { signIn, drawn } = scene();
  await screen.findByText('of ada in shop');
  await signIn(of('eve', 'shop'));
  await screen.findByText('of eve in shop');
  expect(drawn).not.toContain('eve: of ada in shop');
});

it('asks anew for those whose grants changed', async () => {
  const { signIn } = scene();
  await screen.findByText('of ada in shop');
  await signIn(of('ada', 'bank'));
  await screen.findByText('of ada in bank');
});
