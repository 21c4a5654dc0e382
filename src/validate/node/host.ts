/** The machine's own networks, beside those of the containers. */
import type { Prefix } from "../../addr/index.ts";
import { DEFAULT_BRIDGE } from "../../base/index.ts";
import { address, link, RouteSocket, route } from "../../kernel/route/index.ts";
import type { Findings } from "../findings.ts";
import type { JudgedFile, PluginNode } from "../network/network.ts";
import { fleetSubnetsOf, type RangeNode, rangesOf } from "../network/ranges.ts";
import { textOf } from "../text/tree.ts";

/** A network that the machine reaches by one of its interfaces. */
export interface HostNetwork {
  readonly prefix: Prefix;
  readonly link: string;
}

/** The most routes and addresses that are compared. */
const LIMIT = { kept: 20_000, bytes: 16 * 1024 * 1024 };
/** RT_TABLE_MAIN of linux/rtnetlink.h */
const MAIN = 254;
/** RTN_UNICAST of linux/rtnetlink.h */
const UNICAST = 1;
/** Kinds of links that are containers' own, or join them: what they have is no network of the host. */
const CONTAINERS: ReadonlySet<string> = new Set(["veth", "tun", "dummy"]);

/**
 * The networks of the namespace of this process.
 * @throws KernelError where the kernel refuses to list them
 */
export function hostNetworks(): HostNetwork[] {
  using socket = RouteSocket.open();
  const addresses = address
    .list(socket, { limit: LIMIT })
    .map(({ prefix, index }) => ({ prefix, index }));
  const routes = route
    .list(socket, { table: MAIN, limit: LIMIT })
    .filter(({ type, dst }) => type === UNICAST && dst.length > 0)
    .map(({ dst, index }) => ({ prefix: dst, index }));
  const all = [...routes, ...addresses];
  const links = linksAt(
    socket,
    new Set(all.flatMap(({ index = 0 }) => (index > 0 ? [index] : []))),
  );
  return all.flatMap(({ prefix, index }) => {
    const found = index === undefined ? undefined : links.get(index);
    const isOthers = found === undefined || CONTAINERS.has(found.kind ?? "") || found.name === "lo";
    return isOthers ? [] : [{ prefix: prefix.network(), link: found.name }];
  });
}

/** More links than this are listed in one answer, those of all containers among them. */
const FEW = 64;

function linksAt(socket: RouteSocket, indexes: ReadonlySet<number>): Map<number, NamedLink> {
  const found =
    indexes.size > FEW
      ? link.listBrief(socket)
      : [...indexes].flatMap((index) => link.get(socket, { index }) ?? []);
  return new Map(found.map((each) => [each.index, each]));
}

type NamedLink = Pick<link.BriefLink, "index" | "name" | "kind">;

/** Adds subnets that the machine has already, by another interface than the network's own. */
export function judgeHost(files: readonly JudgedFile[], networks: readonly HostNetwork[]): void {
  for (const { network, findings } of files) {
    for (const plugin of network?.plugins ?? []) {
      if (plugin.type !== "bridge" && plugin.type !== "ptp") continue;
      for (const { subnet, subnetNode } of rangesOf(plugin)) {
        const found = networks.find(
          ({ prefix, link: name }) => prefix.overlaps(subnet) && name !== ownLink(plugin),
        );
        if (found === undefined) continue;
        addOverlap(findings, found, subnet, subnetNode);
      }
      // Smaller prefixes are the other nodes' parts of the fleet, which this machine has routes to.
      for (const { subnet, subnetNode } of fleetSubnetsOf(plugin)) {
        const found = networks.find(({ prefix, link: name }) => {
          const isWhole = prefix.overlaps(subnet) && prefix.length <= subnet.length;
          return isWhole && name !== ownLink(plugin) && !OVERLAY_DEVICE.test(name);
        });
        if (found !== undefined) addOverlap(findings, found, subnet, subnetNode);
      }
    }
  }
}

/** As the node daemon names them. */
const OVERLAY_DEVICE = /^fleet[0-9a-f]{10}$/u;

function addOverlap(
  findings: Findings,
  found: HostNetwork,
  subnet: Prefix,
  subnetNode: RangeNode["subnetNode"],
): void {
  findings.add("overlaps-host-network", subnetNode, {
    message: `this machine has ${found.prefix.toString()} by ${found.link}, which ${subnet.toString()} overlaps`,
    help: "choose a subnet that nothing on this machine reaches: `ip route` lists those",
  });
}

function ownLink({ type, node }: PluginNode): string | undefined {
  return type === "bridge" ? (textOf(node, "bridge") ?? DEFAULT_BRIDGE) : undefined;
}
