/** @jest-environment jsdom */
import { expect, it } from '@jest/globals';
import { act, render, screen } from '@testing-library/react';
import { Component, type ReactNode } from 'react';
import { useLoaded } from './index.ts';

class Boundary extends Component<{ children: ReactNode }, { message: string | null }> {
  override state = { message: null };
  static getDerivedStateFromError = ({ message }: Error) => ({ message });
  override render = (): ReactNode => this.state.message ?? this.props.children;
}

function Part({ loading }: { loading: Promise<{ word: string }> }) {
  return useLoaded(loading).word ?? 'not yet';
}

const drawn = (loading: Promise<{ word: string }>) =>
  render(
    <Boundary>
      <Part loading={loading} />
    </Boundary>,
    { onCaughtError: () => undefined },
  );

it('is empty until the module is there', async () => {
  const { promise, resolve } = Promise.withResolvers<{ word: string }>();
  drawn(promise);
  expect(screen.getByText('not yet')).toBeTruthy();
  await act(async () => {
    resolve({ word: 'there' });
    await promise;
  });
  expect(screen.getByText('there')).toBeTruthy();
});

it("shows the page's error where the module can not be had", async () => {
  const { promise, reject } = Promise.withResolvers<{ word: string }>();
  drawn(promise);
  await act(async () => {
    reject(new Error('no such chunk'));
    await promise.catch(() => undefined);
  });
  expect(screen.getByText('no such chunk')).toBeTruthy();
});
