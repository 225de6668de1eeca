/** What other features may use of accounts. */
export { AccountPicker, type AccountPickerProps } from './account-picker.tsx';
export { Status as AccountStatus } from './status.tsx';
