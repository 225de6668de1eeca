import { Select } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { useNavigate, useParams } from 'react-router';
import { STALE_MS } from '../../api/keys.ts';
import { answerOf } from '../../api/queries.ts';
import { paths } from '../paths.ts';
import { strings } from '../strings.ts';
import { LEDGER_WIDTH } from './ledger-width.ts';

/** Beyond that one types; the page of all ledgers has them all. */
const SHOWN_MAX = 1_000;

/** Goes to the same page of another ledger where that has one, else to its overview. Open from the start, in the place of the button that asked for it. */
export function LedgerSelect({ ledger, pathWithin }: { ledger: string | null; pathWithin: string }) {
  const navigate = useNavigate();
  const { ledger: inPath } = useParams();
  const field = useRef<HTMLInputElement>(null);
  // The button that stood here had the focus.
  useEffect(() => field.current?.focus(), []);
  const [typed, setTyped] = useState('');
  const [debounced] = useDebouncedValue(typed, 200);
  const { data } = useQuery(answerOf('listLedgers', { limit: SHOWN_MAX }, STALE_MS.slow));
  const ids = (data?.data ?? []).map(({ id }) => id);
  if (ledger !== null && !ids.includes(ledger)) ids.unshift(ledger);
  // One that is beyond the list can be gone to by its whole id.
  if (debounced !== '' && (data?.nextCursor ?? null) !== null && !ids.includes(debounced)) ids.push(debounced);
  return (
    <Select
      ref={field}
      aria-label={strings.ledger}
      placeholder={strings.chooseLedger}
      data={ids}
      value={ledger}
      searchable
      allowDeselect={false}
      onSearchChange={setTyped}
      defaultDropdownOpened
      // Of the one that is shown, too: from a page of no ledger one goes back to it.
      onOptionSubmit={(chosen) => {
        field.current?.blur();
        if (chosen !== inPath) void navigate(`${paths.overview(chosen)}${pathWithin}`);
      }}
      nothingFoundMessage={strings.noLedgerFound}
      limit={100}
      w={LEDGER_WIDTH}
      size="sm"
    />
  );
}
