import { useQuery } from '@tanstack/react-query';
import { STALE_MS } from '../../api/keys.ts';
import { answerOf } from '../../api/queries.ts';

/** Each read of an administrator is kept in the audit: no more of them than somebody needs who watches. */
const POLL_MS = 5_000;

/** Asked again and again, but not while nobody sees the page. */
export const useOutbox = () =>
  useQuery({ ...answerOf('getOutbox', {}, STALE_MS.live), refetchInterval: POLL_MS, refetchIntervalInBackground: false });
