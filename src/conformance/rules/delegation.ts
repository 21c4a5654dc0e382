import type { RuleEntry } from "./rule.ts";

/** How a plugin calls another: section 4 of the specification. */
export const DELEGATION: readonly RuleEntry[] = [
  {
    id: "R95",
    level: "SHOULD",
    party: "plugin",
    at: "delegated-plugin-execution-procedure",
    title: "delegates are found by CNI_PATH",
    text: "A plugin looks for its delegate in the directories of `CNI_PATH`, and the first that has it wins.",
  },
  {
    id: "R96",
    level: "MUST",
    party: "plugin",
    at: "delegated-plugin-protocol",
    title: "a delegate gets all that the plugin got",
    text: "It gets the same environment and the whole request, not its own part of it alone.",
  },
  {
    id: "R97",
    level: "CONVENTION",
    party: "plugin",
    at: "delegated-plugin-protocol",
    source: "skel",
    title: "CNI_COMMAND alone may differ",
    text: "Where a plugin asks its delegate for another operation than its own, the delegate sees that operation, and everything else is as the plugin has it.",
  },
  {
    id: "R98",
    level: "SHOULD",
    party: "plugin",
    at: "delegated-plugin-execution-procedure",
    title: "a delegate's stderr is passed on",
    text: "What the delegate writes on stderr comes out on the plugin's.",
    conflict:
      "The Go kit keeps it back until the delegate has ended, and shows it only where the delegate succeeded. The suite looks at successful calls alone.",
  },
  {
    id: "R99",
    level: "MUST",
    party: "plugin",
    at: "delegated-plugin-execution-procedure",
    title: "delegates share CHECK, DEL and GC",
    text: "On these operations a plugin calls its delegates as well, and an error of theirs is one of its own.",
  },
  {
    id: "R100",
    level: "SHOULD",
    party: "plugin",
    at: "delegated-plugin-execution-procedure",
    title: "a delegate that failed ADD gets DEL",
    text: "Before a plugin fails because of its delegate's ADD it calls the delegate with DEL, so that a failed ADD leaves nothing reserved and nothing made.",
  },
  {
    id: "R101",
    level: "MUST",
    party: "plugin",
    at: "delegated-plugins-ipam",
    title: "a delegate's success is its result",
    text: "A delegate exits with 0 and prints a result; everything else is an error for the plugin that called it. An IPAM plugin's result has neither `interfaces` nor `interface` in its addresses.",
    conflict:
      "Upstream considers allowing `interfaces` there. The suite counts the keys as a finding of an IPAM plugin, and expects plugins that delegate to cope with them.",
  },
];
