/** Into a container by a port of the host. */
import { Ip } from "../../addr/index.ts";
import type { HostPortForm, MapNodeForm, PathForm, PathStepForm } from "../../forms/index.ts";
import { type Hop, wayFrom } from "./inside.ts";
import { defaultWay, refusal } from "./outward.ts";
import { bare, familyOf, isAddress, type Roads } from "./roads.ts";

type Answer = Omit<PathForm, "asked">;

/** Of several mappings of one port, the one that packets take. */
export function portPath(roads: Roads, ports: readonly MapNodeForm[]): Answer {
  const [chosen, ...others] = ports.toSorted((one, other) => weight(one) - weight(other));
  if (chosen?.port === undefined) {
    return { steps: [], also: [], broken: "that port of the host leads to no container" };
  }
  const also = others.map((each) => `${each.label} ${each.lines.join(" ")}: ${stateText(each)}`);
  return { ...onePath(roads, chosen, chosen.port), also };
}

function weight({ state, port }: MapNodeForm): number {
  return (state === "ok" ? 0 : 2) + (port?.address.includes(":") === true ? 1 : 0);
}

function stateText({ state, faults }: MapNodeForm): string {
  return state === "ok" ? "mapped as well" : faults.join("; ");
}

function onePath(roads: Roads, node: MapNodeForm, port: HostPortForm): Omit<Answer, "also"> {
  const steps = [
    ...arrival(roads, port),
    { node: node.id, ...entry(roads, node), text: dnat(port) },
  ];
  if (node.faults.length > 0) return { steps, broken: node.faults.join("; ") };
  const family = familyOf(port.address);
  const { host } = roads;
  const target = roads.from(node, "maps").find((road) => road.node.kind === "namespace");
  if (host === undefined || target === undefined) {
    return { steps, broken: `no container on the map has ${port.address}` };
  }
  const ip = Ip.tryParse(port.address);
  const own = target.node.addresses.find(({ address }) => ip && isAddress(address, ip));
  const way = wayFrom(roads, target.node, port.address, own?.ifName ?? port.ifName);
  const refused = refusal(roads, family);
  if (refused !== undefined) {
    return { steps: [...steps, { node: host.id, text: `reaches ${host.label}` }], broken: refused };
  }
  const last = way.hops.at(-1);
  const forward = {
    node: host.id,
    edge: arrivalEdge(roads, steps),
    text: `${host.label} forwards it to ${last?.node.label}`,
  };
  const inward = [...steps, forward, ...inwards(way.hops, way.end)];
  if (way.end.kind === "broken") {
    const rest = upTo(roads, { node: host.id, edge: arrivalEdge(roads, steps) }, way.hops);
    return { steps: [...steps, ...rest], broken: way.end.why };
  }
  if (own === undefined) {
    // What stands last is that its interface has the address.
    return {
      steps: inward.slice(0, -1),
      broken: `${target.node.label} does not have ${port.address}`,
    };
  }
  if (way.end.kind === "outside") {
    return {
      steps: [...steps, { node: host.id, text: `reaches ${host.label}` }],
      broken: `the host itself has no way to ${port.address}: its interface stands on ${last?.node.label}`,
    };
  }
  return { steps: inward };
}

/** From the host to the hop where the way from the container ends: no packet comes further. */
function upTo(
  roads: Roads,
  here: Omit<PathStepForm, "text">,
  hops: readonly Hop[],
): PathStepForm[] {
  const { host } = roads;
  const last = hops.at(-1)?.node;
  if (host === undefined || last === undefined || last.kind === "namespace") return [];
  const [bridge] = roads.from(last, "port of");
  const next = bridge?.node ?? last;
  const entry = roads.from(host, "routes").find(({ node }) => node.id === next.id);
  const forward = { ...here, text: `${host.label} forwards it to ${next.label}` };
  if (bridge === undefined) {
    return [forward, { node: last.id, edge: entry?.edge.id, text: `comes to ${last.label}` }];
  }
  const what = bridge.node.link?.kind === "vrf" ? "VRF" : "bridge";
  return [
    forward,
    {
      node: next.id,
      edge: entry?.edge.id,
      text: `the ${what} ${next.label} has it for ${last.label}`,
    },
    { node: last.id, edge: bridge.edge.id, text: `comes to its port ${last.label}` },
  ];
}

/** The hops in the order of a packet that comes, each with the edge that leads to it. */
function inwards(hops: readonly Hop[], end: ReturnType<typeof wayFrom>["end"]): PathStepForm[] {
  const edges = [...hops.slice(1).map(({ edge }) => edge), "edge" in end ? end.edge : undefined];
  return hops
    .map(({ node, coming }, at) => ({ node: node.id, edge: edges[at], text: coming }))
    .toReversed();
}

function entry(roads: Roads, node: MapNodeForm): { readonly edge?: string | undefined } {
  return { edge: roads.to(node, "maps")[0]?.edge.id };
}

/** Between the link that a packet has come by, and the host. */
function arrivalEdge(roads: Roads, steps: readonly PathStepForm[]): string | undefined {
  const ids = new Set(steps.map(({ node }) => node));
  const { host } = roads;
  return host && roads.from(host, "routes").find(({ node }) => ids.has(node.id))?.edge.id;
}

/** From the outside to the host. */
function arrival(
  roads: Roads,
  { protocol, hostPort, hostIP, address }: HostPortForm,
): PathStepForm[] {
  const asked = hostIP === undefined ? undefined : Ip.tryParse(hostIP);
  const what = `a connection to ${protocol} port ${hostPort}`;
  if (asked?.isLoopback === true) return [];
  const family = familyOf(address);
  const [holder] =
    asked === undefined || asked.isUnspecified
      ? []
      : roads.withAddress(asked, ["uplink", "bridge", "link"]);
  const way = holder === undefined ? defaultWay(roads, family) : undefined;
  const by = holder ?? way?.node;
  const outside = roads.map.nodes.find(({ kind }) => kind === "outside");
  const own = by?.addresses.find((each) => familyOf(each.address) === family)?.address;
  const to = asked?.isUnspecified === false ? hostIP : own && bare(own);
  const first =
    outside === undefined
      ? []
      : [{ node: outside.id, text: `${what} of ${to ?? "any address of the host"}` }];
  const second =
    by === undefined
      ? []
      : [
          {
            node: by.id,
            edge: roads.from(by, "way out")[0]?.edge.id,
            text: `arrives on ${by.label}`,
          },
        ];
  return [...first, ...second];
}

/** What the packet filter does. */
function dnat({ address, containerPort, hostIP }: HostPortForm): string {
  const to = `${address.includes(":") ? `[${address}]` : address}:${containerPort}`;
  const from = hostIP === undefined ? "" : `, for packets to ${hostIP} alone`;
  return `DNAT to ${to}${from}`;
}
