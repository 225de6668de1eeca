import { TextInput } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { formatInstant, parseInstant, parseLocal, useZone } from '../../ui/time/index.ts';
import { strings } from './strings.ts';

export interface MomentFieldProps {
  label: string;
  /** As it is in the address; undefined: none. */
  value: string | undefined;
  onChange: (value: string | null) => void;
  error?: ReactNode;
  w?: number | string | Record<string, number | string>;
}

const WIDTH = 270;

/** A moment to the microsecond, in the person's zone; what the API wrote (RFC 3339) may be put in too. Enter, or leaving it, takes it. */
export function MomentField({ label, value, onChange, error, w = WIDTH }: MomentFieldProps) {
  const zone = useZone();
  const given = value === undefined ? null : parseInstant(value);
  const shown = given === null ? (value ?? '') : formatInstant(given, zone, 'micro');
  const [typed, setTyped] = useState<string | null>(null);
  const [isWrong, setIsWrong] = useState(false);
  const take = (): void => {
    if (typed === null) return;
    const text = typed.trim();
    const instant = text === '' ? null : (parseLocal(text, zone) ?? parseInstant(text));
    setIsWrong(text !== '' && instant === null);
    if (text !== '' && instant === null) return;
    setTyped(null);
    if (instant !== given) onChange(instant);
  };
  return (
    <TextInput
      label={`${label} (${strings.travel.zones[zone]})`}
      placeholder={strings.travel.format}
      className="time"
      spellCheck={false}
      autoComplete="off"
      w={w}
      value={typed ?? shown}
      error={isWrong ? strings.travel.wrongTime : error}
      onChange={(event) => {
        setTyped(event.currentTarget.value);
        setIsWrong(false);
      }}
      onBlur={take}
      onKeyDown={(event) => {
        if (event.key === 'Enter') take();
      }}
    />
  );
}
