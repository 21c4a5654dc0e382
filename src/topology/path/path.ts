import { Ip } from "../../addr/index.ts";
import type { MapForm, MapNodeForm, PathForm, PathStepForm } from "../../forms/index.ts";
import { type AskedPort, parseAsked } from "./asked.ts";
import { type Way, wayFrom } from "./inside.ts";
import { elsewhere, outward } from "./outward.ts";
import { portPath } from "./port.ts";
import { bare, isAddress, Roads } from "./roads.ts";

/**
 * The way of a packet: into a container by a port of the host, or from a container's address to the outside.
 * @param asked `8080`, `tcp 8080`, `8080/tcp`, `192.0.2.1:8080`, `10.1.0.7`, or the identity of a port's node
 */
export function pathOf(map: MapForm, asked: string): PathForm {
  const wanted = parseAsked(map, asked);
  if (wanted === undefined) {
    const broken = "that is neither a port of the host nor an IP address";
    return { asked, steps: [], also: [], broken };
  }
  const roads = roadsOf(map);
  if (wanted.kind === "address") return { asked, ...addressPath(roads, wanted.ip) };
  if (wanted.kind === "node") return { asked, ...portPath(roads, [wanted.node]) };
  return { asked, ...portPath(roads, mappingsOf(map, wanted)) };
}

/** The mappings of a port. Where one is of the very address that is asked for, packets to it take no other. */
function mappingsOf(map: MapForm, { port: number, protocol, ip }: AskedPort): MapNodeForm[] {
  const all = map.nodes.filter(({ port }) => {
    return port?.hostPort === number && port.protocol === (protocol ?? port.protocol);
  });
  if (ip === undefined) return all;
  const own = all.filter(({ port }) => isAddress(port?.hostIP ?? "", ip));
  if (own.length > 0 && !ip.isUnspecified) return own;
  return all.filter(({ port: { hostIP, address } = { address: "" } }) => {
    const isOfAny = hostIP === undefined || Ip.tryParse(hostIP)?.isUnspecified === true;
    return isOfAny && Ip.tryParse(address)?.family === ip.family;
  });
}

/** A report asks for a thousand ways on one map. */
const known = new WeakMap<MapForm, Roads>();

function roadsOf(map: MapForm): Roads {
  const roads = known.get(map) ?? new Roads(map);
  known.set(map, roads);
  return roads;
}

type Answer = Omit<PathForm, "asked">;

function addressPath(roads: Roads, ip: Ip): Answer {
  const found = roads.withAddress(ip, ["namespace"]);
  // Of two that have an address, the one that is well.
  const [node, ...others] = found.toSorted((one, other) => weight(one) - weight(other));
  if (node === undefined) return elsewhere(roads, ip);
  const own = node.addresses.find(({ address }) => isAddress(address, ip));
  const way = wayFrom(roads, node, bare(own?.address ?? ip.toString()), own?.ifName);
  const also = others.map(({ label }) => `${ip} is also an address of ${label}`);
  return { ...leave(roads, way, ip, own?.masqueraded), also };
}

function weight({ state }: MapNodeForm): number {
  return state === "orphan" || state === "leak" ? 1 : 0;
}

function leave(
  roads: Roads,
  { hops, end }: Way,
  ip: Ip,
  masqueraded: boolean | undefined,
): Omit<Answer, "also"> {
  const steps: PathStepForm[] = hops.map(({ node, edge, leaving }) => {
    return { node: node.id, edge, text: leaving };
  });
  if (end.kind === "broken") return { steps, broken: end.why };
  if (end.kind === "outside") {
    const text = `arrives with its own address ${ip}`;
    return { steps: [...steps, { node: end.node.id, edge: end.edge, text }] };
  }
  const rest = outward(roads, end.edge, ip, masqueraded);
  return { ...rest, steps: [...steps, ...rest.steps] };
}
