export { explainFault } from './explain.ts';
export { MoneyInput, type MoneyInputProps } from './money-input.tsx';
export {
  AMOUNT_DIGITS_MAX,
  type AmountFault,
  type AmountRule,
  hasDecimalComma,
  inScale,
  isPointAmbiguous,
  readAmount,
  type ReadAmount,
} from './read.ts';
