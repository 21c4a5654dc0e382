/** Keys that nothing reads where they stand. */
import type { Node } from "jsonc-parser";
import type { GenericSchema } from "valibot";
import { nearest } from "../../base/index.ts";
import { foldKey } from "../../spec/index.ts";
import type { Findings } from "../findings.ts";
import type { NetworkNode, PluginNode } from "../network/network.ts";
import type { Level } from "../rules.ts";
import { elementsOf, type Member, memberOf, membersOf } from "../text/tree.ts";
import {
  coreOf,
  entriesOf,
  type KnownKeys,
  knownKeys,
  LIST_KEYS,
  OVERWRITTEN_KEYS,
  PLUGIN_KEYS,
} from "./known.ts";
import { OWN_KEYS } from "./own.ts";

/** The most plugins that a message names. */
const NAMED_MAX = 4;

/** Where a key stands, and what is read there. */
interface Where {
  readonly object: Node;
  /** In messages: "the list", "bridge", "ipam of bridge". */
  readonly place: string;
  readonly keys: readonly string[];
  /** How bad a key is that nothing near it explains. */
  readonly unknown: Level;
  /** What a key that is not read here may have been meant for; undefined where that is not known. */
  readonly elsewhere: (name: string) => Elsewhere | undefined;
}

interface Elsewhere {
  readonly message: string;
  readonly help: string;
}

/** Adds the keys of a network that nothing reads. The keys of others' plugins are theirs. */
export async function judgeKeys(findings: Findings, network: NetworkNode): Promise<void> {
  const known = await knownKeys();
  if (network.isList) judgeList(findings, network, known);
  for (const plugin of network.plugins) {
    if (plugin.schema !== undefined) judgePlugin(findings, network, plugin, known);
  }
}

function judgeList(findings: Findings, { root, plugins }: NetworkNode, known: KnownKeys): void {
  judgeMembers(findings, {
    object: root,
    place: "the list",
    keys: [...LIST_KEYS, "args"],
    // Clients write keys of their own into it, such as nerdctlID.
    unknown: "note",
    elsewhere(name) {
      const types = known.ofPlugins.get(foldKey(name)) ?? [];
      const isCommon = PLUGIN_KEYS.some((key) => foldKey(key) === foldKey(name));
      if (types.length === 0 && !isCommon) return undefined;
      const here = plugins.filter(({ type }) => isCommon || types.includes(type));
      const [only] = here;
      const target = only === undefined ? "" : ` of ${only.type}`;
      return {
        message: `"${name}" is a key of a plugin, and stands in the list`,
        help: `move it into the object${here.length === 1 ? target : ""} in "plugins" that it is meant for`,
      };
    },
  });
}

function judgePlugin(
  findings: Findings,
  network: NetworkNode,
  plugin: PluginNode,
  known: KnownKeys,
): void {
  const { node, type, schema, ipam } = plugin;
  const entries = entriesOf(schema) ?? {};
  const single = network.isList ? OVERWRITTEN_KEYS : LIST_KEYS.slice(0, 4);
  judgeMembers(findings, {
    object: node,
    place: type,
    unknown: "warning",
    keys: [...Object.keys(entries), ...PLUGIN_KEYS, ...single],
    elsewhere: (name) => elsewhereOfPlugin(name, plugin, known),
  });
  if (network.isList) judgeOverwritten(findings, node);
  judgeOwn(findings, type, node);
  for (const [key, inner] of Object.entries(entries)) {
    if (key !== "ipam" && key !== "runtimeConfig") {
      judgeDeep(findings, inner, memberOf(node, key)?.value, `"${key}" of ${type}`);
    }
  }
  if (ipam?.schema === undefined) return;
  const settings = entriesOf(ipam.schema) ?? {};
  judgeMembers(findings, {
    object: ipam.node,
    place: ipam.type,
    unknown: "warning",
    keys: ["type", ...Object.keys(settings)],
    elsewhere: (name) => elsewhereOfIpam(name, plugin, known),
  });
  judgeOwn(findings, ipam.type, ipam.node);
  for (const [key, inner] of Object.entries(settings)) {
    judgeDeep(findings, inner, memberOf(ipam.node, key)?.value, `"${key}" of ${ipam.type}`);
  }
}

function elsewhereOfPlugin(
  name: string,
  { type, ipam }: PluginNode,
  known: KnownKeys,
): Elsewhere | undefined {
  const folded = foldKey(name);
  if (LIST_KEYS.some((key) => foldKey(key) === folded)) {
    return {
      message: `"${name}" is a key of the list, and stands in ${type}`,
      help: 'move it beside "plugins"',
    };
  }
  const ofIpam = known.ofIpam.get(folded) ?? [];
  if (ipam !== undefined && ofIpam.includes(ipam.type)) {
    return {
      message: `"${name}" is a key of ${ipam.type}, and stands beside "ipam"`,
      help: 'move it into "ipam"',
    };
  }
  return ofAnother(name, type, known.ofPlugins.get(folded) ?? ofIpam);
}

function elsewhereOfIpam(
  name: string,
  { type, ipam }: PluginNode,
  known: KnownKeys,
): Elsewhere | undefined {
  const folded = foldKey(name);
  const ofPlugins = known.ofPlugins.get(folded) ?? [];
  const ofIpam = known.ofIpam.get(folded) ?? [];
  if (ofPlugins.includes(type) && ofIpam.length === 0) {
    return {
      message: `"${name}" is a key of ${type}, and stands in "ipam"`,
      help: 'move it out of "ipam"',
    };
  }
  return ofAnother(name, ipam?.type ?? "", ofIpam);
}

function ofAnother(name: string, type: string, types: readonly string[]): Elsewhere | undefined {
  if (types.length === 0) return undefined;
  const more = types.length > NAMED_MAX ? ` and ${types.length - NAMED_MAX} more` : "";
  return {
    message: `${type} has no key "${name}": it is one of ${types.slice(0, NAMED_MAX).join(", ")}${more}`,
    help: `remove it, or use another plugin: ${type} overlooks it`,
  };
}

function judgeOverwritten(findings: Findings, plugin: Node): void {
  for (const name of OVERWRITTEN_KEYS) {
    const member = memberOf(plugin, name);
    if (member === undefined) continue;
    findings.add("key-without-effect", member.key, {
      level: "note",
      message: `"${member.name}" of the list is what the plugin gets, and not this one`,
      help: "remove it",
    });
  }
}

/** Objects and lists within a key: routes, ranges, DNS. */
function judgeDeep(
  findings: Findings,
  schema: GenericSchema,
  node: Node | undefined,
  place: string,
): void {
  if (node === undefined) return;
  const { entries, item } = coreOf(schema);
  if (item !== undefined) {
    for (const element of elementsOf(node)) judgeDeep(findings, item, element, place);
  } else if (entries !== undefined) {
    const keys = Object.keys(entries);
    judgeMembers(findings, {
      ...{ object: node, place, keys, unknown: "warning" },
      elsewhere: () => undefined,
    });
    for (const [key, inner] of Object.entries(entries)) {
      judgeDeep(findings, inner, memberOf(node, key)?.value, place);
    }
  }
}

function judgeMembers(findings: Findings, where: Where): void {
  const spelling = new Map(where.keys.map((key) => [foldKey(key), key]));
  const members = membersOf(where.object);
  const there = new Set(members.map(({ name }) => foldKey(name)));
  const free = where.keys.filter((key) => !there.has(foldKey(key)));
  for (const member of members) {
    if (isRemark(member.name)) continue;
    const exact = spelling.get(foldKey(member.name));
    if (exact === undefined) addUnknown(findings, { ...where, free }, member);
    else if (exact !== member.name) addLetterCase(findings, member, exact);
  }
}

/** Keys for people, for editors, and for what the specification leaves to others. */
function isRemark(name: string): boolean {
  return /^(?:[$_#]|\/\/|cni\.dev\/)/u.test(name) || name.toLowerCase() === "comment";
}

function addUnknown(
  findings: Findings,
  where: Where & { readonly free: readonly string[] },
  { key, name }: Member,
): void {
  if (findings.isFull) return;
  const { place, free } = where;
  const near = nearestKey(name, free);
  const other = where.elsewhere(name);
  if (other !== undefined) {
    findings.add("misplaced-key", key, other);
    return;
  }
  if (near === undefined) {
    const help = `remove it, or see which keys there are: ${listed(free)}`;
    findings.add("unknown-key", key, {
      level: where.unknown,
      message: `${place} has no key "${name}", and overlooks it`,
      help: free.length === 0 ? "remove it" : help,
    });
    return;
  }
  findings.add("unknown-key", key, {
    level: "error",
    message: `${place} has no key "${name}": did you mean "${near}"?`,
    help: `write "${near}"`,
    fix: [renamed(key, near)],
  });
}

const LISTED_MAX = 8;

function listed(keys: readonly string[]): string {
  const more = keys.length - LISTED_MAX;
  return keys.slice(0, LISTED_MAX).join(", ") + (more > 0 ? ` and ${more} more` : "");
}

function nearestKey(name: string, keys: readonly string[]): string | undefined {
  const folded = new Map(keys.map((key) => [simplified(key), key]));
  const found = nearest(simplified(name), folded.keys());
  return found === undefined ? undefined : folded.get(found);
}

/** Without what styles of writing differ in: `range_start`, `range-start`, `rangeStart`. */
function simplified(name: string): string {
  return foldKey(name).replaceAll(/[-_\s]/gu, "");
}

function addLetterCase(findings: Findings, { key, name }: Member, exact: string): void {
  findings.add("key-letter-case", key, {
    message: `"${name}" is documented as "${exact}"`,
    help: "write it so: not every program takes keys in any case",
    fix: [renamed(key, exact)],
  });
}

function renamed(
  { offset, length }: Node,
  name: string,
): { offset: number; length: number; text: string } {
  return { offset, length, text: JSON.stringify(name) };
}

function judgeOwn(findings: Findings, type: string, object: Node): void {
  for (const { name, key } of membersOf(object)) {
    const own = Object.keys(OWN_KEYS).find((each) => foldKey(each) === foldKey(name));
    if (own === undefined || OWN_KEYS[own]?.includes(type) !== true) continue;
    findings.add("hawser-only-key", key, {
      message: `"${own}" is Hawser's own: the reference plugin ${type} overlooks it`,
    });
  }
}
