/** Subnets, ranges and gateways of host-local. */
import type { Node } from "jsonc-parser";
import { Ip, Prefix } from "../../addr/index.ts";
import type { Findings } from "../findings.ts";
import { elementsOf, type Member, memberOf, textOf } from "../text/tree.ts";
import type { PluginNode } from "./network.ts";

/** Addresses that a configuration hands out, with their place. */
export interface RangeNode {
  /** The object of the range. */
  readonly node: Node;
  readonly subnet: Prefix;
  /** The value of the key `subnet`. */
  readonly subnetNode: Node;
  readonly start: Ip;
  readonly end: Ip;
  /** The configured one, or the first address. */
  readonly gateway: Ip;
}

/** The ranges of a plugin's IPAM that can be read, in the order of the file. */
export function rangesOf({ ipam }: PluginNode): RangeNode[] {
  if (ipam?.type !== "host-local") return [];
  return rangeObjects(ipam.node).flatMap((node) => rangeOf(node) ?? []);
}

/** The subnets of a fleet's network, each as one range: which node has what of them the file does not say. */
export function fleetSubnetsOf({ ipam }: PluginNode): RangeNode[] {
  if (ipam?.type !== "cluster") return [];
  const single = memberOf(ipam.node, "subnet")?.value;
  const values = [
    ...(single === undefined ? [] : [single]),
    ...elementsOf(memberOf(ipam.node, "subnets")?.value),
  ];
  return values.flatMap((subnetNode) => {
    const text: unknown = subnetNode.value;
    const subnet = typeof text === "string" ? Prefix.tryParse(text)?.network() : undefined;
    if (subnet === undefined) return [];
    const [start, end] = [subnet.first(), subnet.last()];
    return [{ node: ipam.node, subnet, subnetNode, start, end, gateway: start }];
  });
}

/** `ipam` itself, where it has a `subnet`, and the objects in `ranges`. */
function rangeObjects(ipam: Node): Node[] {
  const single = memberOf(ipam, "subnet") === undefined ? [] : [ipam];
  const sets = elementsOf(memberOf(ipam, "ranges")?.value);
  return [...single, ...sets.flatMap((set) => elementsOf(set))];
}

function rangeOf(node: Node): RangeNode | undefined {
  const member = memberOf(node, "subnet");
  const subnet = Prefix.tryParse(textOf(node, "subnet") ?? "")?.network();
  if (member === undefined || subnet === undefined) return undefined;
  const first = Ip.fromBigInt(subnet.family, subnet.ip.toBigInt() + 1n);
  const last = subnet.family === 4 && subnet.length < 31 ? subnet.last().previous() : subnet.last();
  return {
    ...{ node, subnet, subnetNode: member.value },
    start: ipAt(node, "rangeStart") ?? first,
    end: ipAt(node, "rangeEnd") ?? last,
    gateway: ipAt(node, "gateway") ?? first,
  };
}

function ipAt(node: Node, key: string): Ip | undefined {
  return Ip.tryParse(textOf(node, key) ?? "");
}

/** Adds what is wrong with ranges; gives the parts that are, which no parser need find once more. */
export function judgeRanges(findings: Findings, plugin: PluginNode): Set<Node> {
  const wrong = new Set<Node>();
  const good: RangeNode[] = [];
  const exclude = memberOf(plugin.ipam?.node, "exclude");
  for (const range of rangesOf(plugin)) {
    judgeSubnet(findings, range);
    if (judgeEnds(findings, range, wrong)) {
      judgeGateway(findings, range, wrong);
      const other = good.find((each) => overlap(each, range));
      if (other === undefined) good.push(range);
      else addOverlap(findings, range, other, wrong);
    }
  }
  judgeSets(findings, plugin, good, exclude);
  return wrong;
}

/** One address is taken from each set, so that each has to have one left. */
function judgeSets(
  findings: Findings,
  { ipam }: PluginNode,
  good: readonly RangeNode[],
  exclude: Member | undefined,
): void {
  const sets = elementsOf(memberOf(ipam?.node, "ranges")?.value).map((set) => elementsOf(set));
  const excluded = spansOf(exclude?.value);
  for (const set of [...sets, good.flatMap(({ node }) => (node === ipam?.node ? [node] : []))]) {
    const ranges = good.filter(({ node }) => set.includes(node));
    const [first] = ranges;
    if (first === undefined || ranges.length < set.length) continue;
    // A subnet that has no room at all is refused by the plugin itself.
    if (ranges.some(isTooSmall) || ranges.some((range) => hasFree(range, excluded))) continue;
    const by = exclude === undefined ? "the gateway takes" : '"exclude" and the gateway take';
    findings.add("empty-range", exclude?.value ?? first.subnetNode, {
      message: `no address is left in ${show(first)}: ${by} all`,
      help: "exclude less, or write a larger subnet; `<address>/<length>` excludes a whole subnet",
    });
  }
}

/** Addresses from one to another, both included. */
interface Span {
  readonly family: number;
  readonly from: bigint;
  readonly to: bigint;
}

/** The entries of `exclude`: addresses, `<first>-<last>` and subnets. What is none is the parser's to say. */
function spansOf(exclude: Node | undefined): Span[] {
  return elementsOf(exclude).flatMap(({ value }) => {
    const text = String(value);
    const subnet = Prefix.tryParse(text);
    if (subnet !== undefined) return [spanOf(subnet.first(), subnet.last())];
    const [first, last = first] = text.split("-").map((part) => Ip.tryParse(part.trim()));
    return first === undefined || last === undefined ? [] : [spanOf(first, last)];
  });
}

function spanOf(from: Ip, to: Ip): Span {
  return { family: from.family, from: from.toBigInt(), to: to.toBigInt() };
}

function isTooSmall({ subnet }: RangeNode): boolean {
  return subnet.length > (subnet.family === 4 ? 30 : 126);
}

function hasFree({ subnet, start, end, gateway }: RangeNode, excluded: readonly Span[]): boolean {
  let next = start.toBigInt();
  const taken = [...excluded, spanOf(gateway, gateway)]
    .filter(({ family }) => family === subnet.family)
    .sort((one, other) => (one.from < other.from ? -1 : 1));
  for (const { from, to } of taken) {
    if (from > next) break;
    if (to >= next) next = to + 1n;
  }
  return next <= end.toBigInt();
}

/** Host bits are masked here for what follows; the plugin refuses them. */
function judgeSubnet(findings: Findings, { subnet, subnetNode }: RangeNode): void {
  const written = Prefix.tryParse(String(subnetNode.value));
  if (written === undefined || written.equals(subnet)) return;
  const text = subnet.toString();
  findings.add("subnet-host-bits", subnetNode, {
    message: `${written.toString()} has host bits set: the subnet is ${text}`,
    help: `write "${text}"`,
    fix: [{ offset: subnetNode.offset, length: subnetNode.length, text: JSON.stringify(text) }],
  });
}

function judgeEnds(findings: Findings, range: RangeNode, wrong: Set<Node>): boolean {
  const { node, subnet, start, end } = range;
  for (const [key, ip] of [
    ["rangeStart", start],
    ["rangeEnd", end],
  ] as const) {
    const member = memberOf(node, key);
    if (member === undefined || ipAt(node, key) === undefined || subnet.contains(ip)) continue;
    wrong.add(member.property);
    findings.add("range-outside-subnet", member.value, {
      message: `${ip.toString()} is not in the subnet ${subnet.toString()}`,
      help: `write an address from ${subnet.first().toString()} to ${subnet.last().toString()}`,
    });
    return false;
  }
  if (start.compare(end) <= 0) return true;
  const member = memberOf(node, "rangeEnd") ?? memberOf(node, "rangeStart");
  for (const key of ["rangeStart", "rangeEnd"]) {
    const each = memberOf(node, key);
    if (each !== undefined) wrong.add(each.property);
  }
  if (member !== undefined) {
    findings.add("range-reversed", member.value, {
      message: `the range ${start.toString()} to ${end.toString()} ends before it begins`,
      help: "exchange the two addresses, or write others",
    });
  }
  return false;
}

function judgeGateway(findings: Findings, range: RangeNode, wrong: Set<Node>): void {
  const { node, subnet, start, end, gateway } = range;
  const member = memberOf(node, "gateway");
  if (member === undefined || ipAt(node, "gateway") === undefined) return;
  // Each link has the subnet of IPv6's link-local addresses.
  const isEverywhere = subnet.family === 6 && gateway.family === 6 && gateway.isLinkLocal;
  if (!subnet.contains(gateway) && !isEverywhere) {
    wrong.add(member.property);
    findings.add("gateway-outside-subnet", member.value, {
      message: `the gateway ${gateway.toString()} is not in the subnet ${subnet.toString()}`,
      help:
        `write an address of the subnet, such as ${Ip.fromBigInt(subnet.family, subnet.ip.toBigInt() + 1n).toString()}; ` +
        "the reference plugins refuse it since 1.10.0, and containers do not reach it",
    });
    return;
  }
  if (!hasExplicitEnds(node) || gateway.family !== start.family) return;
  if (start.compare(gateway) > 0 || gateway.compare(end) > 0) return;
  findings.add("gateway-in-range", member.value, {
    message: `the gateway ${gateway.toString()} is inside the range ${start.toString()} to ${end.toString()}`,
    help: "nothing to do: host-local never hands it out",
  });
}

function hasExplicitEnds(node: Node): boolean {
  return [memberOf(node, "rangeStart"), memberOf(node, "rangeEnd")].some(
    (member: Member | undefined) => member !== undefined,
  );
}

/** Whether two ranges have an address in common. */
export function overlap(one: RangeNode, other: RangeNode): boolean {
  if (one.subnet.family !== other.subnet.family) return false;
  return one.start.compare(other.end) <= 0 && other.start.compare(one.end) <= 0;
}

function addOverlap(
  findings: Findings,
  range: RangeNode,
  other: RangeNode,
  wrong: Set<Node>,
): void {
  const { file } = findings.source;
  const line = findings.source.lineOf(other.node.offset);
  // Without its subnet the later range has nothing left that could overlap.
  const inList = range.node.parent?.type === "array" ? range.node : other.node;
  wrong.add(inList);
  findings.add("overlapping-ranges", range.subnetNode, {
    message: `this range overlaps with ${show(other)} of line ${line}`,
    help: "make one of them smaller, or remove it: each address is handed out once",
    related: [{ file, line, message: "the other range" }],
  });
}

/** `10.1.0.1 to 10.1.0.254` */
export function show({ start, end }: RangeNode): string {
  return `${start.toString()} to ${end.toString()}`;
}
