/** A Time of the API: RFC 3339, whole seconds. */
export const timeText = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');

/** A MicroTime of the API: RFC 3339 with exactly six digits behind the point. */
export const microTime = (at: Date): string => at.toISOString().replace('Z', '000Z');
