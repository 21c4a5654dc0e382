/** What several networks of one directory do to each other. */
import { basename, extname } from "node:path";
import type { Node } from "jsonc-parser";
import { DEFAULT_BRIDGE } from "../../base/index.ts";
import { memberOf, textOf } from "../text/tree.ts";
import type { JudgedFile, NetworkNode, PluginNode } from "./network.ts";
import { fleetSubnetsOf, overlap, type RangeNode, rangesOf, show } from "./ranges.ts";

/** A file that is a network with a name. */
type Named = JudgedFile & { readonly network: NetworkNode };

/** The most pairs of ranges that are compared. */
const PAIRS_MAX = 200_000;

/** Adds what the files of one directory have against each other, to the later one of each pair. */
export function judgeAcross(files: readonly JudgedFile[]): void {
  const named = files.filter(
    (each): each is Named => each.network !== undefined && each.network.name !== "",
  );
  const used = judgeNames(named);
  judgeBridges(used);
  judgeSubnets(used);
}

/** Gives the files whose network is used: the first of each name, lists before single plugins. */
function judgeNames(files: readonly Named[]): Named[] {
  const isList = ({ file }: Named): boolean => extname(file) === ".conflist";
  const inOrder = [...files.filter(isList), ...files.filter((each) => !isList(each))];
  const first = new Map<string, Named>();
  for (const each of inOrder) {
    const { name, nameNode } = each.network;
    const before = first.get(name);
    if (before === undefined) {
      first.set(name, each);
      continue;
    }
    const { findings } = before;
    const line = findings.source.lineOf(before.network.nameNode.offset);
    each.findings.add("duplicate-network-name", nameNode, {
      message: `${basename(before.file)} configures "${name}" too, and is the one that is used`,
      help: "give one of them another name, or remove one",
      related: [{ file: before.file, line, message: "the network that is used" }],
    });
  }
  return files.filter((each) => first.get(each.network.name) === each);
}

/** A bridge as one network wants it. */
interface WantedBridge {
  readonly owner: Named;
  readonly plugin: PluginNode;
  readonly name: string;
  readonly mtu: number;
  readonly ranges: readonly RangeNode[];
}

function bridgesOf(owner: Named): WantedBridge[] {
  return owner.network.plugins
    .filter(({ type }) => type === "bridge")
    .map((plugin) => ({
      ...{ owner, plugin, name: bridgeName(plugin) },
      mtu: Number(memberOf(plugin.node, "mtu")?.value.value ?? 0),
      ranges: rangesOf(plugin),
    }));
}

function bridgeName({ node }: PluginNode): string {
  return textOf(node, "bridge") ?? DEFAULT_BRIDGE;
}

function isGateway({ node }: PluginNode): boolean {
  return ["isGateway", "isDefaultGateway"].some((key) => memberOf(node, key)?.value.value === true);
}

function judgeBridges(files: readonly Named[]): void {
  const first = new Map<string, WantedBridge>();
  for (const bridge of files.flatMap(bridgesOf)) {
    const before = first.get(bridge.name);
    if (before === undefined) first.set(bridge.name, bridge);
    else if (before.owner !== bridge.owner) judgePair(bridge, before);
  }
}

function judgePair(bridge: WantedBridge, before: WantedBridge): void {
  const other = basename(before.owner.file);
  const place = bridge.plugin;
  const line = before.owner.findings.source.lineOf(before.plugin.node.offset);
  const related = [{ file: before.owner.file, line, message: "the other network" }];
  const [mine, theirs] = [gatewayOf(bridge), gatewayOf(before)];
  if (mine !== undefined && theirs !== undefined && mine !== theirs) {
    bridge.owner.findings.add("bridge-conflict", at(place, "bridge"), {
      message: `the bridge ${bridge.name} is to have ${mine}, and in ${other} ${theirs}: an ADD to the second network fails`,
      help: 'give each network a bridge of its own, or one of them "forceAddress": true',
      related,
    });
  }
  if (bridge.mtu > 0 && before.mtu > 0 && bridge.mtu !== before.mtu) {
    bridge.owner.findings.add("bridge-conflict", at(place, "mtu"), {
      level: "warning",
      message: `the bridge ${bridge.name} is to have an MTU of ${bridge.mtu}, and in ${other} of ${before.mtu}: the network that is first makes it`,
      help: "write one MTU in both, or give each network a bridge of its own",
      related,
    });
  }
}

/** The IPv4 address that the bridge gets: a bridge has one of that family. */
function gatewayOf({ plugin, ranges }: WantedBridge): string | undefined {
  if (!isGateway(plugin) || memberOf(plugin.node, "forceAddress")?.value.value === true) {
    return undefined;
  }
  const found = ranges.find(({ subnet }) => subnet.family === 4);
  return found && `${found.gateway.toString()}/${found.subnet.length}`;
}

function at({ node, name }: PluginNode, key: string): Node {
  return memberOf(node, key)?.value ?? name;
}

/** Two networks of a machine may have their addresses from one fleet. */
function isOneFleet(one: PlacedRange, other: PlacedRange): boolean {
  const [first, second] = [one, other].map(({ owner, plugin: { ipam } }) => {
    if (ipam?.type !== "cluster") return undefined;
    return textOf(ipam.node, "network") || owner.network.name;
  });
  return first !== undefined && first === second;
}

interface PlacedRange {
  readonly owner: Named;
  readonly plugin: PluginNode;
}

/** Ranges of different networks: each network keeps account of its own addresses alone. */
function judgeSubnets(files: readonly Named[]): void {
  const all = files.flatMap((owner) =>
    owner.network.plugins.flatMap((plugin) =>
      [...rangesOf(plugin), ...fleetSubnetsOf(plugin)].map((range) => ({ owner, plugin, range })),
    ),
  );
  let pairs = 0;
  for (const [index, one] of all.entries()) {
    const other = all.slice(0, index).find((each) => {
      pairs++;
      return each.owner !== one.owner && !isOneFleet(each, one) && overlap(each.range, one.range);
    });
    if (pairs > PAIRS_MAX) return;
    if (other === undefined) continue;
    const sameLink = linkOf(one.plugin) === linkOf(other.plugin);
    const line = other.owner.findings.source.lineOf(other.range.subnetNode.offset);
    one.owner.findings.add("overlapping-ranges", one.range.subnetNode, {
      level: sameLink ? "error" : "warning",
      message: `this range overlaps with ${show(other.range)} of network "${other.owner.network.name}" in ${basename(other.owner.file)}${sameLink ? ", on the same link" : ""}: an address can be given out twice`,
      help: "give each network a subnet of its own",
      related: [{ file: other.owner.file, line, message: "the other range" }],
    });
  }
}

/** What the containers of a network are joined by. */
function linkOf(plugin: PluginNode): string {
  const { type, node } = plugin;
  return type === "bridge"
    ? `bridge ${bridgeName(plugin)}`
    : `${type} ${textOf(node, "master") ?? ""}`;
}
