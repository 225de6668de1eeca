/** path → content; paths are relative to the root of the repository. */
export type GeneratedFiles = Record<string, string>;
