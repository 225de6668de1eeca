export { explainMoment, explainSpan } from './explain.ts';
export { MomentField, type MomentFieldProps } from './moment-field.tsx';
