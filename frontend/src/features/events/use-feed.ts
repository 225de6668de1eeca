import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState, useSyncExternalStore } from 'react';
import { me } from '../../api/session.ts';
import { EventFeed, type FeedView } from './feed.ts';
import { follow, type Followed, isSignedOut } from './stream.ts';

/** The records of what is followed, which stays the same as long as the component lives; `again` connects now, behind what is there. */
export function useFeed(followed: Followed): { feed: EventFeed; view: FeedView; again: () => void } {
  const [feed] = useState(() => new EventFeed());
  const [fixed] = useState(followed);
  const [attempt, setAttempt] = useState(0);
  const queryClient = useQueryClient();
  useEffect(() => {
    const control = new AbortController();
    void follow(feed, fixed, control.signal);
    return () => {
      control.abort();
      feed.stop();
    };
  }, [feed, fixed, attempt]);
  const view = useSyncExternalStore(feed.subscribe, feed.snapshot);
  const isGone = view.state.kind === 'ended' && isSignedOut(view.state.error);
  useEffect(() => {
    // It is asked again, refused, and the bar on top says so.
    if (isGone) void queryClient.invalidateQueries({ queryKey: me.queryKey });
  }, [isGone, queryClient]);
  const again = (): void => {
    if (view.state.kind === 'ended') feed.connecting();
    setAttempt(attempt + 1);
  };
  return { feed, view, again };
}
