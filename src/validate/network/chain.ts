/** Which plugins stand in a list, and in which order. */
import type { Findings } from "../findings.ts";
import { isKnownPlugin, pluginMeant } from "../keys/known.ts";
import type { NetworkNode, PluginNode } from "./network.ts";

/** Plugins that work on the interface, or the addresses, that one before them has made. */
const CHAINED: ReadonlySet<string> = new Set([
  ...["portmap", "firewall", "bandwidth", "tuning", "sbr", "vrf"],
]);

/** Plugins that make the interface of the attachment, whatever stands before them. */
const MAKING: ReadonlySet<string> = new Set([
  ...["bridge", "ptp", "tap", "dummy", "host-device", "macvlan", "ipvlan", "vlan"],
]);

/** Those of them that may stand on an interface that one before them has made. */
const ON_OTHERS: ReadonlySet<string> = new Set(["macvlan", "ipvlan", "vlan"]);

/** Types of IPAM plugins, which are no plugins of a list. */
const IPAM: ReadonlySet<string> = new Set(["host-local", "static", "dhcp", "cluster"]);

/** Adds types that seem to be slips, and plugins that stand where they cannot work. */
export function judgeChain(findings: Findings, { plugins, isList }: NetworkNode): void {
  for (const { type, name, ipam } of plugins) {
    judgeType(findings, type, name);
    if (ipam !== undefined) judgeType(findings, ipam.type, ipam.name);
  }
  if (isList) judgeOrder(findings, plugins);
}

function judgeType(findings: Findings, type: string, span: PluginNode["name"]): void {
  const near = pluginMeant(type);
  if (near === undefined) return;
  findings.add("unknown-plugin", span, {
    message: `no plugin "${type}" is known: did you mean "${near}"?`,
    help: `write "${near}", if it is not the name of an executable of your own`,
  });
}

function judgeOrder(findings: Findings, plugins: readonly PluginNode[]): void {
  let maker: PluginNode | undefined;
  // What a plugin of others makes is not known: nothing behind it is judged.
  for (const [index, plugin] of plugins.entries()) {
    const { type, name } = plugin;
    if (type === "loopback") continue;
    if (!isKnownPlugin(type)) return;
    if (CHAINED.has(type) && maker === undefined) {
      addEarly(findings, plugin, plugins.slice(index + 1));
    }
    if (IPAM.has(type)) {
      findings.add("chain-order", name, {
        message: `${type} is an IPAM plugin, and stands in "plugins"`,
        help: `name it in "ipam" of the plugin that makes the interface: "ipam": { "type": "${type}", … }`,
      });
    }
    if (!MAKING.has(type)) continue;
    if (maker !== undefined && !ON_OTHERS.has(type)) addSecond(findings, plugin, maker);
    maker ??= plugin;
  }
}

function addEarly(
  findings: Findings,
  { type, name }: PluginNode,
  after: readonly PluginNode[],
): void {
  const later = after.find((each) => MAKING.has(each.type));
  findings.add("chain-order", name, {
    message: `${type} works on what a plugin before it has made, and none stands before it`,
    help:
      later === undefined
        ? "put it behind the plugin that makes the interface, such as bridge"
        : `move it behind ${later.type}`,
  });
}

function addSecond(findings: Findings, { type, name }: PluginNode, maker: PluginNode): void {
  const { file } = findings.source;
  const line = findings.source.lineOf(maker.node.offset);
  findings.add("second-interface", name, {
    message: `${type} makes the container's interface, which ${maker.type} of line ${line} has made already`,
    help: "write a network of its own for it: a container may be attached to several",
    related: [{ file, line, message: "the plugin that makes the interface" }],
  });
}
