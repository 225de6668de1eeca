import { Text } from '@mantine/core';
import { formatAmount } from './format.ts';

export interface MoneyProps {
  /** Decimal string, as the API has it. */
  amount: string;
  currency?: string;
  /** Of movements: + in front of what comes in, and colours. */
  signed?: boolean;
  size?: string;
  fw?: number;
}

/** The one place where money becomes text on the screen. */
export function Money({ amount, currency, signed = false, size, fw }: MoneyProps) {
  const isNegative = amount.startsWith('-');
  const isZero = /^-?[0.]+$/.test(amount);
  const color = isNegative ? 'var(--mantine-color-error)' : signed && !isZero ? 'var(--money-in)' : undefined;
  return (
    <Text component="span" className="amount" inherit={size === undefined} size={size} fw={fw} c={color}>
      {signed && !isNegative && !isZero ? '+' : ''}
      {formatAmount(amount)}
      {currency === undefined ? null : (
        <Text component="span" inherit c="dimmed" fw={400}>
          {' '}
          {currency}
        </Text>
      )}
    </Text>
  );
}
