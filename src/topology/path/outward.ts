/** From the host to the outside, or to another node of a fleet. */
import type { Ip } from "../../addr/index.ts";
import type { FamilyForm, MapNodeForm, PathForm, PathStepForm } from "../../forms/index.ts";
import { bare, familyOf, isWithin, type Road, type Roads } from "./roads.ts";

type Answer = Omit<PathForm, "asked">;

/** The link by which packets of this family leave, where that is known. */
export function defaultWay(roads: Roads, family: FamilyForm): Road | undefined {
  const edges = roads.map.edges.filter((edge) => edge.kind === "way out");
  const edge = edges.find((each) => each.family === family);
  const node = edge && roads.map.nodes.find(({ id }) => id === edge.from);
  return edge && node && { edge, node };
}

/** Why the host does not pass packets of this family on, where it does not. */
export function refusal(roads: Roads, family: FamilyForm): string | undefined {
  if (roads.host?.unforwarded?.includes(family) !== true) return undefined;
  const key = family === "IPv4" ? "net.ipv4.ip_forward" : "net.ipv6.conf.all.forwarding";
  return `the host does not forward ${family}: ${key} is 0`;
}

/** @param edge by which the packet comes to the host */
export function outward(
  roads: Roads,
  edge: string,
  ip: Ip,
  masqueraded: boolean | undefined,
): Omit<Answer, "also"> {
  const { host } = roads;
  const family = familyOf(ip.toString());
  if (host === undefined) return { steps: [], broken: "the map has no host" };
  const way = defaultWay(roads, family);
  const seen = masqueraded === true ? seenAs(way?.node, family) : undefined;
  const step = (text: string): PathStepForm => ({ node: host.id, edge, text });
  const forward = `${host.label} forwards it`;
  const refused = refusal(roads, family);
  if (refused !== undefined) return { steps: [step(`reaches ${host.label}`)], broken: refused };
  if (way === undefined) {
    const why =
      host.unforwarded === undefined
        ? "the routes of the host could not be read"
        : `the host has no default route of ${family}`;
    return { steps: [step(forward)], broken: why };
  }
  const { node, edge: out } = way;
  const entry = roads.to(node, "routes")[0]?.edge.id;
  const [outside] = roads.from(node, "way out");
  const steps = [
    step(`${forward} to ${node.label}${masqueradeText(masqueraded, seen)}`),
    { node: node.id, edge: entry, text: `leaves by ${node.label}, ${out.label}` },
    ...(outside === undefined
      ? []
      : [
          {
            node: outside.node.id,
            edge: out.id,
            text: `arrives with the address ${seen ?? (masqueraded === true ? "of the host" : ip)}`,
          },
        ]),
  ];
  return node.link?.up === false
    ? { steps: steps.slice(0, -1), broken: `${node.label} is down` }
    : { steps };
}

function masqueradeText(masqueraded: boolean | undefined, seen: string | undefined): string {
  if (masqueraded === undefined) return "";
  if (!masqueraded) return "; its address stays as it is: it is not masqueraded";
  return `, masqueraded as ${seen ?? "an address of the host"}`;
}

function seenAs(node: MapNodeForm | undefined, family: FamilyForm): string | undefined {
  const own = node?.addresses.find(({ address }) => familyOf(address) === family);
  return own && bare(own.address);
}

/** An address that no container of this node has. */
export function elsewhere(roads: Roads, ip: Ip): Answer {
  const { host } = roads;
  const [own] = roads.withAddress(ip, ["bridge", "uplink", "link"]);
  if (own !== undefined && host !== undefined) {
    const text = `${ip} is an address of the host itself, on ${own.label}`;
    return { steps: [{ node: host.id, text }], also: [] };
  }
  const there = roads.map.nodes.find(
    ({ kind, addresses }) =>
      kind === "fleet-node" && addresses.some(({ address }) => isWithin(address, ip)),
  );
  const [tunnel] = there === undefined ? [] : roads.to(there, "tunnel");
  if (there === undefined || host === undefined) {
    return { steps: [], also: [], broken: `nothing on this node has the address ${ip}` };
  }
  if (tunnel === undefined) {
    const steps = [{ node: there.id, text: `${there.label} holds ${ip}` }];
    return { steps, also: [], broken: `no way to ${there.label} is kept on this node` };
  }
  const refused = refusal(roads, familyOf(ip.toString()));
  const first = {
    node: host.id,
    text: `${host.label} has ${tunnel.edge.label} lead to ${there.label}`,
  };
  if (refused !== undefined) return { steps: [first], also: [], broken: refused };
  const device = tunnel.node;
  const entry = roads.to(device, "routes")[0]?.edge.id;
  const middle =
    device.id === host.id
      ? []
      : [{ node: device.id, edge: entry, text: `goes into the tunnel ${device.label}` }];
  const last = { node: there.id, edge: tunnel.edge.id, text: `${there.label} holds ${ip}` };
  const broken = there.state === "ok" ? {} : { broken: there.faults[0] ?? "that node is not well" };
  return { steps: [first, ...middle, last], also: [], ...broken };
}
