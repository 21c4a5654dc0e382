/** The environment of a call: every variable has a value. */
export type Environment = Readonly<Record<string, string>>;

/** Variables of which some may be absent, as in `process.env`. */
export type PartialEnvironment = Readonly<Record<string, string | undefined>>;
