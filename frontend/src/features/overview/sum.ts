const DECIMAL = /^(-?)(\d+)(?:\.(\d+))?$/;

/**
 * Of decimal strings, exactly; with as many decimals as the longest has. What is no decimal counts for nothing. Not ui/money's sum: the library below that is 11 KiB of script,
 * and the first page has no room for them.
 */
export function sumAmounts(amounts: readonly string[]): string {
  const parts = amounts.map((amount) => DECIMAL.exec(amount)).filter((match) => match !== null);
  const scale = Math.max(0, ...parts.map(([, , , fraction = '']) => fraction.length));
  let sum = 0n;
  for (const [, sign, whole = '', fraction = ''] of parts) {
    const units = BigInt(whole + fraction.padEnd(scale, '0'));
    sum += sign === '-' ? -units : units;
  }
  const digits = String(sum < 0n ? -sum : sum).padStart(scale + 1, '0');
  const text = scale === 0 ? digits : `${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
  return sum < 0n ? `-${text}` : text;
}
