/** Of this program; the packages of a release have one version. */
export const VERSION = '0.1.0';
