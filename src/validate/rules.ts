/** Every rule by its name: how bad a breach of it is, and what it means. */

/** How bad a finding is. Errors: the network does not work. Notes: as it should be, but good to know. */
export type Level = "error" | "warning" | "note";

export interface Rule {
  /** A finding may be of another level, where the meaning says so. */
  readonly level: Level;
  readonly means: string;
}

export const RULES = {
  // Of the text.
  "unreadable-file": {
    level: "error",
    means: "The file or directory cannot be read, is no regular file, or is too large.",
  },
  "empty-file": { level: "error", means: "The file is empty, or holds blanks alone." },
  "byte-order-mark": {
    level: "error",
    means: "The file begins with a byte order mark, which no runtime takes.",
  },
  "invalid-utf8": { level: "error", means: "The file is not UTF-8, as JSON has to be." },
  "nul-in-file": {
    level: "error",
    means: "The file holds NUL bytes, as a loss of power or a half-done write leaves them.",
  },
  "half-written": {
    level: "error",
    means: "The file ends before its last bracket or quote is closed.",
  },
  "missing-comma": { level: "error", means: "Two values stand side by side without a comma." },
  "trailing-comma": { level: "error", means: "A comma stands behind the last value." },
  "syntax-error": { level: "error", means: "The text is no JSON for any other reason." },
  "nested-too-deep": { level: "error", means: "Brackets stand in each other too deep to be read." },
  "unfilled-template": {
    level: "error",
    means: "A placeholder of a template was never replaced by its value.",
  },
  "duplicate-key": {
    level: "warning",
    means:
      "A key is twice in one object: the last one counts. An error of sysctls, which tuning refuses.",
  },
  "hawser-only-syntax": {
    level: "warning",
    means:
      "Comments are read by Hawser alone: libcni, and so every other runtime, refuses the file.",
  },
  "secret-in-file": {
    level: "warning",
    means: "A password, token or private key stands in the file.",
  },
  // Of keys and values.
  "missing-key": { level: "error", means: "A key that has to be there is not." },
  "unknown-key": {
    level: "warning",
    means: "The plugin knows no such key, and overlooks it. An error where a known key is near.",
  },
  "key-letter-case": {
    level: "note",
    means:
      "A key differs from the documented one in its letters' case, which not every program takes.",
  },
  "misplaced-key": {
    level: "warning",
    means:
      "A key stands where it is not read: it belongs to the list, to `ipam` or to another plugin.",
  },
  "key-without-effect": {
    level: "warning",
    means: "A key is read, but has no effect beside the others. A note where that is harmless.",
  },
  "hawser-only-key": {
    level: "note",
    means: "The reference plugin has no such key, and overlooks it.",
  },
  "missing-capability": {
    level: "warning",
    means: "A plugin lives on what the runtime sends, and does not declare that it takes it.",
  },
  "wrong-type": {
    level: "error",
    means: "A value is of another type than its key has, such as text in place of a number.",
  },
  "impossible-value": { level: "error", means: "The plugin refuses the value." },
  "missing-version": {
    level: "warning",
    means: "The list names no `cniVersion`, and so is of 0.1.0.",
  },
  "unknown-version": {
    level: "error",
    means: "No such version of the specification has been released.",
  },
  // Of addresses.
  "subnet-host-bits": { level: "error", means: "A subnet has bits of an address in it." },
  "range-outside-subnet": {
    level: "error",
    means: "A range begins or ends outside its subnet.",
  },
  "range-reversed": { level: "error", means: "A range ends before it begins." },
  "overlapping-ranges": {
    level: "error",
    means:
      "One address is in two ranges. A warning where they are of two networks that do not share a bridge.",
  },
  "gateway-outside-subnet": {
    level: "error",
    means: "The gateway is in no subnet of the container, which cannot reach it.",
  },
  "gateway-in-range": {
    level: "note",
    means: "The gateway is inside the range; host-local never hands it out.",
  },
  "empty-range": {
    level: "error",
    means: "No address is left to hand out: all are excluded or the gateway's.",
  },
  "overlaps-host-network": {
    level: "error",
    means: "This machine has a route or an address in the network's subnet by another interface.",
  },
  // Of lists and directories.
  "unknown-plugin": {
    level: "warning",
    means: "No plugin of that type is known, but one of nearly that name is.",
  },
  "chain-order": {
    level: "error",
    means: "A plugin that works on an interface stands before the one that makes it.",
  },
  "second-interface": {
    level: "error",
    means: "Two plugins of one list make the interface of the same name.",
  },
  "wrong-extension": {
    level: "error",
    means: "A list is in a file for one plugin, or one plugin in a file for a list.",
  },
  "file-not-read": {
    level: "note",
    means: "No runtime reads a file of that name. A warning where it was meant to be read.",
  },
  "drop-in-not-read": {
    level: "warning",
    means:
      "Plugins lie in the network's directory, and the list, or its runtime, does not take them.",
  },
  "duplicate-network-name": {
    level: "warning",
    means: "Two files configure networks of one name; the first is used.",
  },
  "bridge-conflict": {
    level: "error",
    means: "Two networks want one bridge to be different things. A warning where it is the MTU.",
  },
  // Of this machine.
  "missing-plugin": {
    level: "error",
    means:
      "The executable of a plugin, of its IPAM plugin or of a delegate is in no plugin directory.",
  },
  "not-executable": { level: "error", means: "A plugin's file may not be executed." },
  "not-a-plugin": {
    level: "error",
    means: "The executable does not answer VERSION as plugins do.",
  },
  "version-too-old-for-plugin": {
    level: "error",
    means: "The plugin does not support the list's `cniVersion`.",
  },
  "newer-version-possible": {
    level: "note",
    means: "All plugins of the list support a newer version, with STATUS and GC from 1.1.0 on.",
  },
  "missing-kernel-feature": {
    level: "error",
    means: "The kernel of this machine lacks what the configuration needs.",
  },
} as const;

export type RuleName = keyof typeof RULES;

/** A rule by its name. */
export function ruleOf(name: RuleName): Rule {
  return RULES[name];
}

export const RULE_NAMES: readonly RuleName[] = Object.keys(RULES) as RuleName[];
