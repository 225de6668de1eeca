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
  /** What a text is as a value, or what is wrong with it: then it does not count. */
  read?: (text: string) => FilterRead;
  /** Of somebody else: what is wrong with the text itself is said before it. */
  error?: string | null;
}

export type FilterRead = { value: string } | { fault: string };

const asWritten = (text: string): FilterRead => ({ value: text });

/** A filter that is typed: it counts when one pauses, presses Enter or leaves. */
export function TextFilter({
  label,
  value = '',
  onChange,
  known,
  isDisabled = false,
  read = asWritten,
  error = null,
  ...rest
}: TextFilterProps) {
  const [text, setText] = useState(value);
  const told = useRef(value);
  // While one types, nothing is wrong yet.
  const [checked, setChecked] = useState(value);
  const readOf = (typed: string): FilterRead => (typed.trim() === '' ? { value: '' } : read(typed.trim()));
  const tell = (typed: string): void => {
    setChecked(typed);
    const words = readOf(typed);
    if ('fault' in words || words.value === told.current) return;
    told.current = words.value;
    onChange(words.value === '' ? null : words.value);
  };
  // Plainly, so that one sees how it was understood.
  const take = (): void => {
    const words = readOf(text);
    if ('value' in words) setText(words.value);
    tell('value' in words ? words.value : text);
  };
  const soon = useDebouncedCallback(tell, TYPING_MS);
  const { cancel } = soon;
  // The address changed by other means: a link, the button that clears.
  useEffect(() => {
    if (value === told.current) return;
    told.current = value;
    cancel();
    setText(value);
    setChecked(value);
  }, [value, cancel]);
  const changed = (typed: string): void => {
    setText(typed);
    soon(typed);
  };
  const checkedAs = text === checked ? readOf(text) : null;
  const shared = {
    ...rest,
    label,
    value: text,
    error: checkedAs !== null && 'fault' in checkedAs ? checkedAs.fault : error,
    disabled: isDisabled,
    onBlur: take,
    onKeyDown: ({ key }: { key: string }) => {
      if (key === 'Enter') take();
    },
  };
  if (known !== undefined) return <Autocomplete {...shared} data={[...known]} limit={50} onChange={changed} />;
  return <TextInput {...shared} onChange={(event) => changed(event.currentTarget.value)} />;
}
