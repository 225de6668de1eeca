import { Autocomplete, TextInput, type TextInputProps } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { useEffect, useRef, useState } from 'react';

/** So long after the last key the list is asked for. */
const TYPING_MS = 400;

export interface TextFilterProps extends Pick<TextInputProps, 'placeholder' | 'maxLength' | 'leftSection'> {
  label: string;
  /** What is in the address. */
  value: string | undefined;
  onChange: (value: string | null) => void;
  /** Values that are known; others can be typed. */
  known?: readonly string[];
  isDisabled?: boolean;
}

/** A filter that is typed: it counts when one pauses, presses Enter or leaves. */
export function TextFilter({ label, value = '', onChange, known, isDisabled = false, ...rest }: TextFilterProps) {
  const [text, setText] = useState(value);
  const told = useRef(value);
  const tell = (typed: string): void => {
    const words = typed.trim();
    if (words === told.current) return;
    told.current = words;
    onChange(words === '' ? null : words);
  };
  const soon = useDebouncedCallback(tell, TYPING_MS);
  const { cancel } = soon;
  // The address changed by other means: a link, the button that clears.
  useEffect(() => {
    if (value === told.current) return;
    told.current = value;
    cancel();
    setText(value);
  }, [value, cancel]);
  const changed = (typed: string): void => {
    setText(typed);
    soon(typed);
  };
  const shared = {
    ...rest,
    label,
    value: text,

    disabled: isDisabled,
    onBlur: () => tell(text),
    onKeyDown: ({ key }: { key: string }) => {
      if (key === 'Enter') tell(text);
    },
  };
  if (known !== undefined) return <Autocomplete {...shared} data={[...known]} limit={50} onChange={changed} />;
  return <TextInput {...shared} onChange={(event) => changed(event.currentTarget.value)} />;
}
