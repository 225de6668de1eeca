import { createTheme, type CSSVariablesResolver } from '@mantine/core';
import { strings } from './strings.ts';

/** Compact, for people who look at tables all day; colours keep 4.5 : 1 in light and dark. */
export const theme = createTheme({
  primaryColor: 'cyan',
  primaryShade: 9,
  autoContrast: true,
  defaultRadius: 'md',
  fontFamily: 'Inter, ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif',
  fontFamilyMonospace: 'ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace',
  headings: { fontWeight: '600', sizes: { h1: { fontSize: '1.5rem' }, h2: { fontSize: '1.125rem' }, h3: { fontSize: '1rem' } } },
  components: {
    Badge: { vars: () => ({ root: { '--badge-fz': '0.75rem' } }) },
    Kbd: { vars: () => ({ root: { '--kbd-fz': '0.75rem' } }) },
    Card: { defaultProps: { withBorder: true, padding: 'md', radius: 'md' } },
    Button: { defaultProps: { size: 'sm' } },
    Tooltip: { defaultProps: { withArrow: true, openDelay: 200 } },
    Notification: { defaultProps: { closeButtonProps: { 'aria-label': strings.dismiss } } },
    Table: { defaultProps: { verticalSpacing: 'xs', highlightOnHover: true } },
  },
});

const LINK = '#095766';
/** Mantine's own shade below the pointer is the next lighter one, of which white text is 4.3 : 1. */
const HOVER = { '--mantine-primary-color-filled-hover': '#095c6b', '--mantine-color-cyan-filled-hover': '#095c6b' };

/** Mantine's dimmed grey is 4.1 : 1 on white, its red of errors 3.3 : 1. */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    ...HOVER,
    '--mantine-color-cyan-light-color': LINK,
    '--mantine-color-anchor': LINK,
    '--mantine-color-dimmed': 'var(--mantine-color-gray-7)',
    '--mantine-color-placeholder': 'var(--mantine-color-gray-6)',
    '--mantine-color-error': 'var(--mantine-color-red-9)',
  },
  dark: {
    ...HOVER,
    '--mantine-color-dimmed': 'var(--mantine-color-dark-1)',
    '--mantine-color-placeholder': 'var(--mantine-color-dark-2)',
    '--mantine-color-error': 'var(--mantine-color-red-4)',
  },
});
