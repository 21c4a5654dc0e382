/** Which fleet a command is about, and in what form it answers. */
export interface ClusterOptions {
  readonly network?: string;
  readonly confDir?: string;
  readonly json?: boolean;
}

export interface BlocksOptions extends ClusterOptions {
  readonly node?: string;
}

export interface ReleaseOptions extends ClusterOptions {
  /** A name that addresses follow, in place of an address. */
  readonly name?: string;
  readonly yes?: boolean;
}

export interface ForgetOptions extends ClusterOptions {
  readonly yes?: boolean;
}

export interface InitOptions extends ClusterOptions {
  readonly resume?: boolean;
  readonly output?: string;
  readonly yes?: boolean;
}
