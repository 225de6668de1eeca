import { InputBase } from '@mantine/core';
import { ChevronUpDownIcon } from '@heroicons/react/24/outline';
import { useState } from 'react';
import { useLate } from '../../ui/late/index.ts';
import { strings } from '../strings.ts';
import { LEDGER_WIDTH } from './ledger-width.ts';

const load = async () => (await import('./ledger-select.tsx')).LedgerSelect;

/** Which ledger one looks at; the field to choose another one comes with the first press. */
export function LedgerSwitcher(given: { ledger: string | null; pathWithin: string; onMissing: (error: unknown) => void }) {
  const { ledger, pathWithin, onMissing } = given;
  const [Select, ask] = useLate(load, onMissing);
  const [isAsked, setAsked] = useState(false);
  if (isAsked && Select !== null) return <Select ledger={ledger} pathWithin={pathWithin} />;
  const open = (): void => {
    setAsked(true);
    ask();
  };
  return (
    <InputBase
      component="button"
      type="button"
      pointer
      aria-label={`${strings.ledger}: ${ledger ?? strings.chooseLedger}`}
      aria-haspopup="listbox"
      aria-expanded={false}
      rightSection={<ChevronUpDownIcon width={16} />}
      rightSectionPointerEvents="none"
      onPointerEnter={ask}
      onFocus={ask}
      onClick={open}
      w={LEDGER_WIDTH}
      size="sm"
    >
      {ledger ?? strings.chooseLedger}
    </InputBase>
  );
}
