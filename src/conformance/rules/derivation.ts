import type { RuleEntry } from "./rule.ts";

/** How a runtime makes the request for one plugin: the end of section 3 of the specification. */
export const DERIVATION: readonly RuleEntry[] = [
  {
    id: "R87",
    level: "MUST",
    party: "runtime",
    at: "deriving-request-configuration-from-plugin-configuration",
    title: "cniVersion and name come from the list",
    text: "Each request has the version that the runtime selected and the network's name, in the place of whatever the plugin configuration says.",
  },
  {
    id: "R88",
    level: "MUST",
    party: "runtime",
    at: "deriving-runtimeconfig",
    title: "runtimeConfig has what both want",
    text: "For ADD, DEL and CHECK it holds each capability that the plugin configuration sets to true and that the caller gave a value for, and nothing else.",
  },
  {
    id: "R89",
    level: "CONVENTION",
    party: "runtime",
    at: "deriving-runtimeconfig",
    source: "libcni",
    title: "no empty runtimeConfig",
    text: "Where it would hold nothing the key is not sent. One that stands in the configuration itself then stays.",
  },
  {
    id: "R90",
    level: "MUST",
    party: "runtime",
    at: "deriving-request-configuration-from-plugin-configuration",
    since: "1.0.0",
    title: "capabilities are not sent",
    text: "A request of ADD, DEL or CHECK does not have the key `capabilities`.",
    conflict:
      "D10: libcni leaves it in, and its own tests want it there. The suite follows the specification, and counts it as SHOULD, since plugins put up with the key.",
  },
  {
    id: "R91",
    level: "MUST",
    party: "runtime",
    at: "deriving-request-configuration-from-plugin-configuration",
    since: "0.3.0",
    title: "no prevResult for the first plugin",
    text: "The first ADD of a list is sent without `prevResult`.",
    conflict:
      "D11: libcni passes on one that stands in the configuration itself. The suite expects it to be taken away, and counts that as SHOULD: only an administrator can put it there.",
  },
  {
    id: "R92",
    level: "MUST",
    party: "runtime",
    at: "deriving-request-configuration-from-plugin-configuration",
    since: "1.1.0",
    title: "GC and STATUS get no attachment's keys",
    text: "The runtime adds `cniVersion`, `name` and, for GC, the list of valid attachments; it adds neither `runtimeConfig` nor `prevResult`.",
    conflict:
      "D8: for STATUS the specification says nothing of keys. The suite expects what it says for GC, as libcni does.",
  },
  {
    id: "R93",
    level: "SHOULD",
    party: "runtime",
    at: "deriving-request-configuration-from-plugin-configuration",
    since: "1.0.0",
    title: "all other keys go through",
    text: "Keys of the plugin configuration are sent as they are, except those that begin with `cni.dev/`, which belong to the runtime.",
    conflict:
      "D12: libcni sends `cni.dev/` keys of a configuration too. The suite expects them to be gone, since a plugin would take them for the runtime's; a `runtimeConfig` in the configuration may stay.",
  },
  {
    id: "R94",
    level: "CONVENTION",
    party: "runtime",
    at: "deriving-request-configuration-from-plugin-configuration",
    source: "libcni",
    title: "keys of the list stay with the runtime",
    text: "`cniVersions`, `disableCheck`, `disableGC`, `loadOnlyInlinedPlugins` and `plugins` of the list reach no plugin.",
  },
];
