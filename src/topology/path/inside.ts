/** From a container to the host, or to a link that leads out past it. */
import type { MapNodeForm } from "../../forms/index.ts";
import type { Road, Roads } from "./roads.ts";

/** A node on the way, with words for a packet that leaves and for one that comes. */
export interface Hop {
  readonly node: MapNodeForm;
  /** The edge between it and the node before it, seen from the container. */
  readonly edge?: string | undefined;
  readonly leaving: string;
  readonly coming: string;
}

/** Where the way from a container leads. */
export interface Way {
  /** The first is the container's namespace. */
  readonly hops: readonly Hop[];
  /** The host, which forwards; a link that frames leave by; or nothing, and why. */
  readonly end:
    | { readonly kind: "host"; readonly edge: string }
    | { readonly kind: "outside"; readonly edge: string; readonly node: MapNodeForm }
    | { readonly kind: "broken"; readonly why: string };
}

interface Walk {
  readonly roads: Roads;
  readonly hops: Hop[];
  /** The address of the container. */
  readonly address: string;
}

/** The way from an interface of a namespace. */
export function wayFrom(
  roads: Roads,
  node: MapNodeForm,
  address: string,
  ifName: string | undefined,
): Way {
  const by = ifName === undefined || ifName === "" ? "its interface" : ifName;
  const leaving = `${node.label} sends from ${address} on ${by}`;
  const coming = `arrives on ${by}, which has ${address}`;
  const walk: Walk = { roads, address, hops: [{ node, leaving, coming }] };
  const isIts = ({ edge }: Road): boolean => ifName === undefined || edge.ifName === ifName;
  if (node.state === "orphan" || node.state === "leak") {
    return broken(walk, node.faults[0] ?? "its namespace is gone");
  }
  const pair = roads.to(node, "pair").find(isIts);
  if (pair !== undefined) return throughPair(walk, pair, by);
  const parent = roads.from(node, "on").find(isIts);
  if (parent !== undefined) return onParent(walk, parent, by);
  const bridge = roads.from(node, "port of").find(isIts);
  if (bridge !== undefined) return throughBridge(walk, bridge, by);
  return broken(walk, `no link of the host is known that leads to ${by}`);
}

function throughPair(walk: Walk, { node, edge }: Road, ifName: string): Way {
  walk.hops.push({
    node,
    edge: edge.id,
    leaving: `comes out of the pair at ${node.label}`,
    coming: `goes through the pair ${node.label} to ${ifName}`,
  });
  const { link, label, faults } = node;
  if (link?.index === undefined) return broken(walk, faults[0] ?? `${label} is not on the host`);
  if (link.up === false) return broken(walk, `${label} is down`);
  const [bridge] = walk.roads.from(node, "port of");
  if (bridge !== undefined) return throughBridge(walk, bridge, label);
  const [host] = walk.roads.to(node, "routes");
  if (host !== undefined) return { hops: walk.hops, end: { kind: "host", edge: host.edge.id } };
  return broken(walk, faults[0] ?? `${label} is no port of a bridge, and the host does not use it`);
}

function throughBridge(walk: Walk, { node, edge }: Road, port: string): Way {
  const gateways = node.addresses.map(({ address }) => address);
  const as = gateways.length === 0 ? "" : `, which is the gateway ${gateways.join(", ")}`;
  const what = node.link?.kind === "vrf" ? "VRF" : "bridge";
  walk.hops.push({
    node,
    edge: edge.id,
    leaving: `${port} is a port of the ${what} ${node.label}${as}`,
    coming: `the ${what} ${node.label} passes it to its port ${port}`,
  });
  if (node.link?.up === false) return broken(walk, `${node.label} is down`);
  const [host] = walk.roads.to(node, "routes");
  if (host !== undefined) return { hops: walk.hops, end: { kind: "host", edge: host.edge.id } };
  const out = walk.roads
    .to(node, "port of")
    .find((road) => road.node.kind === "uplink" && !hasMet(walk, road.node));
  if (out === undefined) {
    return broken(
      walk,
      `the host has no address on ${node.label}, and none of its ports leads out`,
    );
  }
  return leaveBy(walk, out, `frames go on by ${out.node.label}, another port of ${node.label}`);
}

function onParent(walk: Walk, road: Road, ifName: string): Way {
  const kind = road.edge.label.slice(ifName.length).trim() || "interface";
  return leaveBy(
    walk,
    road,
    `the ${kind} ${ifName} stands on the host's ${road.node.label}: the host takes no part`,
  );
}

/** By a link of the host, without the host's IP. */
function leaveBy(walk: Walk, { node, edge }: Road, leaving: string): Way {
  const coming = `${node.label} takes frames for the container's own address`;
  walk.hops.push({ node, edge: edge.id, leaving, coming });
  if (node.link?.up === false) return broken(walk, `${node.label} is down`);
  const [out] = walk.roads.from(node, "way out");
  if (out !== undefined) {
    return { hops: walk.hops, end: { kind: "outside", edge: out.edge.id, node: out.node } };
  }
  const [parent] = walk.roads.from(node, "on");
  if (parent !== undefined && !hasMet(walk, parent.node)) {
    return leaveBy(walk, parent, standsText(node, parent));
  }
  const [bridge] = walk.roads.from(node, "port of");
  if (bridge !== undefined && !hasMet(walk, bridge.node)) {
    return throughBridge(walk, bridge, node.label);
  }
  const peer = [...walk.roads.from(node, "pair"), ...walk.roads.to(node, "pair")].find(
    (road) => !hasMet(walk, road.node),
  );
  if (peer !== undefined) return toOtherEnd(walk, node, peer);
  return broken(walk, `${node.label} leads to nothing outside this machine`);
}

function standsText({ label, link }: MapNodeForm, { node, edge }: Road): string {
  if (link?.vlan === undefined) return `${label} stands on ${node.label}`;
  return `${label} is ${edge.label} of ${node.label}, which sends its frames with that tag`;
}

/** The link by which frames would leave is one end of a pair: they come out of the other end. */
function toOtherEnd(walk: Walk, { label }: MapNodeForm, { node, edge }: Road): Way {
  const coming = `${label} is the other end of its pair`;
  if (node.kind === "namespace") {
    const leaving = `the other end of the pair ${label} is in ${node.label}`;
    walk.hops.push({ node, edge: edge.id, leaving, coming });
    return broken(
      walk,
      `frames go into the container ${node.label}, which the map does not follow`,
    );
  }
  const leaving = `${node.label} is the other end of the pair ${label}`;
  const [host] = walk.roads.to(node, "routes");
  const [master] = walk.roads.from(node, "port of");
  if (host === undefined || master !== undefined || node.link?.up === false) {
    return leaveBy(walk, { node, edge }, leaving);
  }
  // The host has an address there: it gets what comes out, as from any other link.
  walk.hops.push({ node, edge: edge.id, leaving, coming });
  return { hops: walk.hops, end: { kind: "host", edge: host.edge.id } };
}

function hasMet({ hops }: Walk, { id }: MapNodeForm): boolean {
  return hops.some(({ node }) => node.id === id);
}

function broken({ hops }: Walk, why: string): Way {
  return { hops, end: { kind: "broken", why } };
}
