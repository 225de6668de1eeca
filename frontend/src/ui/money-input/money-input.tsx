import { TextInput, type TextInputProps } from '@mantine/core';
import { useState } from 'react';
import { explainFault } from './explain.ts';
import { type AmountRule, FINAL_FAULTS, readAmount } from './read.ts';

export interface MoneyInputProps extends AmountRule, Omit<TextInputProps, 'value' | 'onChange' | 'error' | 'type' | 'inputMode'> {
  /** The text as it is typed: `readAmount` makes an amount of it. */
  value: string;
  onChange: (text: string) => void;
  currency: string;
  /** Stands before what is wrong with the text itself. */
  error?: string | null;
}

/**
 * A field for an amount: text in, text out. What no further typing mends (a decimal too many) is said at once, the rest when the field is left; a text that is an amount is then
 * written plainly, so that one sees how it was understood.
 */
export function MoneyInput({ value, onChange, currency, scale, isSigned, isZeroAllowed, error = null, onBlur, ...rest }: MoneyInputProps) {
  const [isLeft, setLeft] = useState(false);
  const rule: AmountRule = { scale, isSigned: isSigned ?? false, isZeroAllowed: isZeroAllowed ?? false };
  const read = readAmount(value, rule);
  const isTold = 'fault' in read && (FINAL_FAULTS.includes(read.fault) || (isLeft && read.fault !== 'empty'));
  const own = isTold ? explainFault(read.fault, { ...rule, currency }, value) : null;
  const told = error ?? own;
  return (
    <TextInput
      {...rest}
      value={value}
      onChange={(event) => {
        setLeft(false);
        onChange(event.currentTarget.value);
      }}
      onBlur={(event) => {
        setLeft(true);
        if ('amount' in read && read.amount !== value) onChange(read.amount);
        onBlur?.(event);
      }}
      inputMode="decimal"
      autoComplete="off"
      spellCheck={false}
      error={told}
      errorProps={{ role: 'alert' }}
    />
  );
}
