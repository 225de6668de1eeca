export { MomentField, type MomentFieldProps } from './moment-field.tsx';
