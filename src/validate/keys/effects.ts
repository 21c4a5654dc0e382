/** Keys that are read, and change nothing beside the others. */
import type { Node } from "jsonc-parser";
import { atLeast } from "../../spec/index.ts";
import type { Edit } from "../diagnostic.ts";
import type { Findings } from "../findings.ts";
import type { NetworkNode, PluginNode } from "../network/network.ts";
import { type Member, memberOf, membersOf, textOf } from "../text/tree.ts";

/** A key of a plugin, when it does nothing, and why. */
interface Idle {
  readonly type: string;
  readonly keys: readonly string[];
  readonly when: (plugin: PluginNode) => boolean;
  readonly why: string;
  readonly help: string;
}

const lacksIpam = ({ ipam }: PluginNode): boolean => ipam === undefined || ipam.type === "";
const isOff =
  (key: string) =>
  ({ node }: PluginNode): boolean =>
    memberOf(node, key)?.value.value !== true;
const has =
  (key: string) =>
  ({ node }: PluginNode): boolean =>
    memberOf(node, key) !== undefined;
const backendIs =
  (...names: string[]) =>
  ({ node }: PluginNode): boolean =>
    names.includes(textOf(node, "backend") ?? "");

const IDLE: readonly Idle[] = [
  {
    type: "bridge",
    keys: ["isGateway", "isDefaultGateway", "ipMasq", "forceAddress", "staticNeighbours"],
    when: lacksIpam,
    why: 'without "ipam" the bridge and the container have no addresses',
    help: 'add "ipam", or remove the key',
  },
  ...["bridge", "ptp"].map((type): Idle => {
    return {
      type,
      keys: ["ipMasqBackend", "ipMasqExcept"],
      when: isOff("ipMasq"),
      why: 'nothing is masqueraded without "ipMasq"',
      help: 'add "ipMasq": true, or remove the key',
    };
  }),
  {
    type: "bridge",
    keys: ["forceAddress", "staticNeighbours"],
    when: (plugin) => isOff("isGateway")(plugin) && isOff("isDefaultGateway")(plugin),
    why: "the bridge has no address unless it is the gateway",
    help: 'add "isGateway": true, or remove the key',
  },
  {
    type: "bridge",
    keys: ["preserveDefaultVlan"],
    when: (plugin) => !has("vlan")(plugin) && !has("vlanTrunk")(plugin),
    why: "the port is in the bridge's default VLAN where no other is named",
    help: 'add "vlan" or "vlanTrunk", or remove the key',
  },
  {
    type: "portmap",
    keys: ["masqAll"],
    when: ({ node }) => memberOf(node, "snat")?.value.value === false,
    why: 'nothing is masqueraded with "snat": false',
    help: 'remove "snat": false, or the key',
  },
  {
    type: "portmap",
    keys: ["markMasqBit", "externalSetMarkChain"],
    when: backendIs("nftables"),
    why: "the nftables layout uses no mark",
    help: "remove the key",
  },
  {
    type: "firewall",
    keys: ["firewalldZone"],
    when: backendIs("iptables", "nftables"),
    why: "firewalld is not asked with this backend",
    help: 'remove the key, or write "backend": "firewalld"',
  },
  {
    type: "firewall",
    keys: ["markBit"],
    when: backendIs("iptables"),
    why: "the iptables layout uses no mark",
    help: "remove the key",
  },
  {
    type: "sbr",
    keys: ["gateways", "addSourceHints"],
    when: has("table"),
    why: 'another program fills the routing table that "table" names',
    help: 'remove the key, or "table"',
  },
];

/** Which capabilities the plugins read; those of an IPAM plugin are declared by the plugin that names it. */
const READ: Readonly<Record<string, readonly string[]>> = {
  bridge: ["mac"],
  macvlan: ["mac"],
  tap: ["mac"],
  tuning: ["mac"],
  portmap: ["portMappings"],
  bandwidth: ["bandwidth"],
  "host-device": ["deviceID"],
  "host-local": ["ips", "ipRanges"],
  cluster: ["ips"],
  static: ["ips"],
};

/** Capabilities that are asked for container by container, so that their loss is no trifle. */
const WEIGHTY: ReadonlySet<string> = new Set(["portMappings", "bandwidth", "ipRanges"]);

/** Adds keys without effect of one plugin, and capabilities that it lacks or does not read. */
export function judgeEffects(findings: Findings, network: NetworkNode, plugin: PluginNode): void {
  if (plugin.schema === undefined) return;
  const told = new Set<Node>();
  for (const { type, keys, when, why, help } of IDLE) {
    if (type !== plugin.type || !when(plugin)) continue;
    for (const key of keys) {
      const member = memberOf(plugin.node, key);
      if (member === undefined || isDefault(member) || told.has(member.property)) continue;
      told.add(member.property);
      findings.add("key-without-effect", member.key, {
        message: `"${member.name}" has no effect: ${why}`,
        help,
      });
    }
  }
  judgeCapabilities(findings, plugin);
  judgeLacking(findings, network, plugin);
}

/** A value that asks for nothing is no mistake. */
function isDefault({ value }: Member): boolean {
  return value.value === false || value.value === "" || value.type === "null" || value.value === 0;
}

function judgeCapabilities(findings: Findings, { node, type, ipam }: PluginNode): void {
  const ofIpam = ipam === undefined || ipam.type === "" ? [] : READ[ipam.type];
  // What an IPAM plugin of others reads is not known.
  if (ipam !== undefined && ipam.type !== "" && ipam.schema === undefined) return;
  const read = [...(READ[type] ?? []), ...(ofIpam ?? [])];
  for (const { name, key, value } of membersOf(memberOf(node, "capabilities")?.value)) {
    if (value.value !== true || read.includes(name)) continue;
    const near = read.find((each) => each.toLowerCase() === name.toLowerCase());
    const other = Object.keys(READ).filter((each) => READ[each]?.includes(name) === true);
    findings.add("key-without-effect", key, {
      level: WEIGHTY.has(name) || near !== undefined ? "warning" : "note",
      message: `${type} reads nothing from the capability "${name}"`,
      help: helpOf(near, other),
      fix:
        near === undefined
          ? undefined
          : [{ offset: key.offset, length: key.length, text: JSON.stringify(near) }],
    });
  }
}

function helpOf(near: string | undefined, others: readonly string[]): string {
  if (near !== undefined) return `write "${near}"`;
  if (others.length > 0) return `declare it in the plugin that does: ${others.join(", ")}`;
  return "remove it, unless a plugin of your own is meant";
}

/** Plugins that do nothing but for what a runtime sends them. */
function judgeLacking(findings: Findings, { text }: NetworkNode, plugin: PluginNode): void {
  const { type, node, name } = plugin;
  const wanted =
    type === "portmap" ? "portMappings" : type === "bandwidth" ? "bandwidth" : undefined;
  if (wanted === undefined) return;
  const own = membersOf(node).some(({ name: key }) => /^(?:in|e)gress(?:Rate|Burst)$/iu.test(key));
  const capabilities = memberOf(node, "capabilities")?.value;
  const declared = membersOf(capabilities).find((member) => member.name === wanted);
  if (own || declared?.value.value === true || memberOf(node, "runtimeConfig") !== undefined) {
    return;
  }
  const fix =
    declared !== undefined
      ? { offset: declared.value.offset, length: declared.value.length, text: "true" }
      : capabilities === undefined
        ? added(text, node, "capabilities", `{ "${wanted}": true }`)
        : added(text, capabilities, wanted, "true");
  findings.add("missing-capability", declared?.value ?? name, {
    message:
      type === "portmap"
        ? 'portmap maps no port: the runtime sends none without the capability "portMappings"'
        : 'bandwidth limits nothing: it has no rates, and no capability "bandwidth"',
    help: `add "capabilities": { "${wanted}": true }`,
    fix: fix && [fix],
  });
}

/** A key behind the last one of an object, in the layout of the text there. */
function added(text: string, object: Node, key: string, value: string): Edit | undefined {
  const last = membersOf(object).at(-1)?.property;
  if (last === undefined) return undefined;
  const lineStart = text.lastIndexOf("\n", last.offset) + 1;
  const indent = /^[ \t]*/u.exec(text.slice(lineStart, last.offset))?.[0] ?? "";
  // A member that begins its line has the next one on a line of its own.
  const isAlone = lineStart > object.offset && lineStart + indent.length === last.offset;
  const between = isAlone ? `,\n${indent}` : ", ";
  return { offset: last.offset + last.length, length: 0, text: `${between}"${key}": ${value}` };
}

/** Adds keys of the list that its version, or its other keys, leave without effect. */
export function judgeListEffects(findings: Findings, { root, cniVersion }: NetworkNode): void {
  const since = [
    ["disableCheck", "0.4.0", "CHECK"],
    ["disableGC", "1.1.0", "GC"],
  ] as const;
  for (const [key, version, operation] of since) {
    const member = memberOf(root, key);
    if (member === undefined || isDefault(member) || isAtLeast(cniVersion, version)) continue;
    findings.add("key-without-effect", member.key, {
      level: "note",
      message: `"${key}" has no effect: runtimes call ${operation} from version ${version} on`,
      help: `remove it, or write "cniVersion": "${version}" or newer`,
    });
  }
}

function isAtLeast(version: string, minimum: string): boolean {
  try {
    return atLeast(version, minimum);
  } catch {
    return true; // a version that is none is a finding of its own
  }
}
