import type { RuleEntry } from "./rule.ts";

/** The life of an attachment, and how a list of plugins runs: section 3 of the specification. */
const ORDER_OF_OPERATIONS: readonly RuleEntry[] = [
  {
    id: "R71",
    level: "MUST",
    party: "runtime",
    at: "lifecycle--ordering",
    title: "the namespace is the runtime's",
    text: "The runtime makes the container's network namespace before it calls a plugin, and removes it in the end.",
  },
  {
    id: "R72",
    level: "MUST",
    party: "runtime",
    at: "lifecycle--ordering",
    title: "one operation at a time for a container",
    text: "Operations of one container follow each other, those of its different interfaces too. Different containers may be served at the same time.",
  },
  {
    id: "R73",
    level: "MUST",
    party: "runtime",
    at: "lifecycle--ordering",
    since: "1.1.0",
    title: "GC runs alone",
    text: "GC begins when no ADD and no DEL is under way, and none begins before it has ended.",
  },
  {
    id: "R74",
    level: "MUST",
    party: "plugin",
    at: "lifecycle--ordering",
    title: "plugins stand being called at once",
    text: "Calls for different containers may overlap; a plugin locks what they share, so that no address is given twice and no call fails for another's sake.",
  },
  {
    id: "R75",
    level: "MUST",
    party: "runtime",
    at: "lifecycle--ordering",
    title: "each ADD has its DEL",
    text: "Sooner or later DEL follows every ADD, also one that failed. More than one DEL may.",
  },
  {
    id: "R76",
    level: "SHOULD",
    party: "administrator",
    at: "lifecycle--ordering",
    title: "a configuration in use is not changed",
    text: "It stays the same between ADD and DEL, and from one attachment to the next.",
    conflict:
      "D22: administrators change files all the same, and libcni then goes by the new ones; what its cache has is the file's text, without drop-in plugins. The suite expects DEL by the configuration of the ADD, with its drop-in plugins (SHOULD).",
  },
  {
    id: "R77",
    level: "SHOULD",
    party: "plugin",
    at: "0.4.0",
    title: "the key of stored state",
    text: "What a plugin stores is found by network name, container ID and interface name together; present texts have the last two alone for an attachment.",
  },
];

const LISTS: readonly RuleEntry[] = [
  {
    id: "R78",
    level: "MUST",
    party: "runtime",
    at: "adding-an-attachment",
    since: "0.3.0",
    title: "ADD runs the list from the front",
    text: "Plugins run in the order of `plugins`; one whose executable is not found is an error.",
  },
  {
    id: "R79",
    level: "MUST",
    party: "runtime",
    at: "adding-an-attachment",
    since: "0.3.0",
    title: "results go from plugin to plugin",
    text: "The first plugin of an ADD gets no `prevResult`, each later one the result of the plugin before.",
  },
  {
    id: "R80",
    level: "MUST",
    party: "runtime",
    at: "adding-an-attachment",
    title: "ADD ends at an error",
    text: "After a plugin that failed no later one gets ADD, and the caller gets that plugin's error.",
  },
  {
    id: "R81",
    level: "MUST",
    party: "runtime",
    at: "adding-an-attachment",
    since: "0.4.0",
    title: "the final result is stored",
    text: "The result of the last plugin outlives the runtime's process, since CHECK and DEL need it.",
    conflict:
      "D21: libcni joins network, container ID and interface name with `-` for the file's name, so that two attachments can share a file. The suite expects each of them to get its own result back.",
  },
  {
    id: "R82",
    level: "MUST",
    party: "runtime",
    at: "deleting-an-attachment",
    since: "0.3.0",
    title: "DEL runs the list from the back",
    text: "It ends at the first plugin that fails or is not found, and the caller gets that error.",
    conflict:
      "A runtime that goes past a plugin which is not installed any more frees what the others hold. The suite takes that, as long as the caller gets an error.",
  },
  {
    id: "R83",
    level: "MUST",
    party: "runtime",
    at: "checking-an-attachment",
    since: "0.4.0",
    title: "CHECK runs the list from the front",
    text: "Plugins run in the order of `plugins`, all with the same `prevResult`.",
  },
  {
    id: "R84",
    level: "MUST",
    party: "runtime",
    at: "garbage-collecting-a-network",
    since: "1.1.0",
    title: "GC goes past errors",
    text: "Plugins run from the front; when one fails the next still runs, and the caller gets all errors.",
    conflict:
      "D19: libcni crashes when a request cannot be made, and succeeds silently when its cache cannot be read. The suite expects an error of both, and the other plugins to have run.",
  },
  {
    id: "R85",
    level: "CONVENTION",
    party: "runtime",
    at: "section-3-execution-of-network-configurations",
    since: "1.1.0",
    source: "libcni",
    title: "STATUS runs the list from the front",
    text: "The first error ends it and reaches the caller with its code.",
    conflict:
      "D8: the specification has no procedure for STATUS. The suite expects libcni's, since clients decide by the code.",
  },
  {
    id: "R86",
    level: "MUST",
    party: "runtime",
    at: "section-3-execution-of-network-configurations",
    title: "a missing executable is never a success",
    text: "Whatever the operation, a plugin that cannot be found or started is an error for the caller.",
    conflict:
      "D15: libcni takes an executable that stays busy for one that succeeded without a word. The suite expects an error, or a success after the executable has really run.",
  },
];

export const LIFECYCLE: readonly RuleEntry[] = [...ORDER_OF_OPERATIONS, ...LISTS];
