/** What a subject is: asked of it, said in subject.json, or tried. */

export type JsonObject = { readonly [key: string]: Json };
export type Json = string | number | boolean | null | readonly Json[] | JsonObject;

/**
 * "interface": makes or adjusts CNI_IFNAME. "chained": works on what a plugin before it made, by
 * `prevResult`. "ipam": gives addresses, and touches no interface.
 */
export type Kind = "interface" | "chained" | "ipam";

export const KINDS: readonly Kind[] = ["interface", "chained", "ipam"];

type Command = readonly string[];

/** A way to damage what ADD made, which CHECK has to notice. */
export interface Sabotage {
  readonly what: string;
  /** Run in the host's namespace; `{netns}` (a path), `{container}` (its name), `{ifname}`
   * and `{host}` (the host's end) are replaced. */
  readonly commands: readonly Command[];
}

/** What differs from one container to the next. */
export interface ContainerKeys {
  readonly config?: JsonObject;
  readonly runtimeConfig?: JsonObject;
  readonly args?: string;
}

/** The file subject.json; every key may be left out. */
export interface SubjectFile {
  readonly kind?: Kind;
  /** Keys of the plugin's configuration, beside cniVersion, name, type and ipam. */
  readonly config?: JsonObject;
  /** The `ipam` of an interface plugin; null when it takes none. Default: the suite's own. */
  readonly ipam?: JsonObject | null;
  /** What a runtime would put under `runtimeConfig`. */
  readonly runtimeConfig?: JsonObject;
  /** CNI_ARGS. */
  readonly args?: string;
  /** CNI_IFNAME. Default: eth0. */
  readonly ifName?: string;
  /** True when the interface is there before ADD, and after DEL. */
  readonly adjusts?: boolean;
  /** Links of the host that are made first: each a veth whose other end leads to a router. */
  readonly links?: readonly string[];
  /** More of CNI_PATH, behind the subject's own directory. */
  readonly pluginDirs?: readonly string[];
  /** Environment of the subject. */
  readonly env?: Readonly<Record<string, string>>;
  /** Directories that are empty for the subject, beside those of CNI. */
  readonly directories?: readonly string[];
  /**
   * For a subject whose configuration cannot serve two containers at once: an entry for each, the first
   * for the first. Checks that need more containers than there are entries are skipped.
   */
  readonly each?: readonly ContainerKeys[];
  /** Keys of `config` that leave room for few attachments, under 16: for what happens when it is full. */
  readonly small?: JsonObject;
  /** A bridge of the host, made by `prepare`: each container finds CNI_IFNAME there, up, leading to it. */
  readonly wired?: string;
  /** Paths that the commands of `background` make when they are ready. */
  readonly awaits?: readonly string[];
  /** Commands on the host before the first call, and at the end of a check; `{subject}` is the
   * executable. */
  readonly prepare?: readonly Command[];
  readonly cleanup?: readonly Command[];
  /** Commands that run as long as the check, such as a daemon; `{subject}` is the executable. */
  readonly background?: readonly Command[];
  readonly sabotage?: readonly Sabotage[];
  /** Set where CHECK cannot see what the subject made: the reason. */
  readonly checkIsBlind?: string;
}

/** A subject as the checks know it. */
export interface Subject extends SubjectFile {
  /** The executable, absolute. */
  readonly path: string;
  /** Its `type`. */
  readonly type: string;
  readonly kind: Kind;
  /** How the kind is known, for the report. */
  readonly by: string;
  /** True when no ADD succeeded that the suite tried. */
  readonly isGuess?: boolean;
  /** What VERSION answered, in order; 0.1.0 alone when it knows no VERSION. */
  readonly versions: readonly string[];
}
