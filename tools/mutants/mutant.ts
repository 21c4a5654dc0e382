import type { Spoil } from "./call.ts";

/** One deliberate fault of a plugin. */
export interface Mutant {
  /** Words with hyphens; unique. */
  readonly name: string;
  /** The fault in one line. */
  readonly what: string;
  /** The plugin that is spoiled: a program of `dist/cni`. */
  readonly of: string;
  /** The fault of a call of the plugin, or of a call of the delegate that it calls. */
  readonly spoil: Spoil;
  readonly where: "plugin" | "delegate";
}

/** The name of a mutant without a fault: what is found on it is the wrapper's or the plugin's own. */
export const SOUND = "sound";

type Faults = Readonly<Record<string, readonly [what: string, spoil: Spoil]>>;

/** The faults of one plugin, by name. */
export function mutantsOf(
  of: string,
  faults: Faults,
  where: Mutant["where"] = "plugin",
): readonly Mutant[] {
  return Object.entries(faults).map(([name, [what, spoil]]) => ({ name, what, of, spoil, where }));
}
