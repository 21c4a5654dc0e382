/** The environment of a call: every variable has a value. */
export type Environment = Readonly<Record<string, string>>;

/** Variables of which some may be absent, as in the environment of a process. */
export type PartialEnvironment = Readonly<Record<string, string | undefined>>;
