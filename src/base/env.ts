/** Environment variables by their names. A name may be missing. */
export type Env = Readonly<Record<string, string | undefined>>;
