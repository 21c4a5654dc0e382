/** The host, its links and its ways out. */
import { addTo } from "../../base/index.ts";
import type { FamilyForm, LinkForm, MapNodeKind } from "../../forms/index.ts";
import { addFault, type Draft, type DraftNode, nodeId } from "./draft.ts";
import type { HostFacts, MapFacts } from "./facts.ts";

export const OUTSIDE = "all";
export const HOST = "this";

/** The host's links as the map has them. */
export interface LinkIndex {
  /** Identity of the node of a link, by the link's name. */
  readonly idOf: (name: string) => string | undefined;
  readonly nodeOf: (name: string) => DraftNode | undefined;
  readonly linkOf: (name: string) => LinkForm | undefined;
}

/** So many links that belong to no attachment a map has; a bridge may have thousands of such ports. */
const LINKS_MAX = 2000;
/** Kinds of links that lead nowhere by themselves. */
const INNER: readonly string[] = ["dummy", "ifb", "nlmon", "bridge", "vrf", "tun"];
/** Kinds that lead on to a link below them. */
const LEADING: readonly string[] = ["vlan", "bond", "team"];
/** Kinds that others are ports of. */
const MASTERS: readonly string[] = ["bridge", "openvswitch", "vrf"];

/** Adds the host, and each of its links that something hangs on, that hangs on something, or that leads out. */
export function addHost(draft: Draft, facts: MapFacts): LinkIndex {
  const { links, host } = facts;
  draft.node("outside", OUTSIDE, "outside");
  const label = host?.hostname ?? "this host";
  const node = draft.node(
    "host",
    HOST,
    label,
    host && { unforwarded: host.unforwarded.map(familyName) },
  );
  for (const family of node.unforwarded ?? []) node.lines.push(`does not forward ${family}`);
  const roles = rolesOf(facts);
  const byName = new Map(links.map((link) => [link.name, link]));
  const addresses = addressesOf(host);
  const nodes = new Map<string, DraftNode>();
  let strangers = 0;
  for (const link of links) {
    if (!roles.isShown(link)) continue;
    if (!roles.isAttached(link.name) && ++strangers > LINKS_MAX) continue;
    const own = addresses.get(link.name) ?? [];
    const kind = kindOf(link, roles);
    const one = draft.node(kind, link.name, link.name, { link });
    one.addresses.push(...own.map((address) => ({ address })));
    one.lines.push(...linkLines(link), ...own);
    if (link.up === false && kind !== "link") addFault(one, "drift", `${link.name} is down`);
    nodes.set(link.name, one);
  }
  const index: LinkIndex = {
    idOf: (name) => nodes.get(name)?.id,
    nodeOf: (name) => nodes.get(name),
    linkOf: (name) => byName.get(name),
  };
  for (const [, one] of nodes) joinLink(draft, one, index, roles);
  for (const { link, gw, family } of host?.defaultRoutes ?? []) {
    const from = index.idOf(link);
    const via = gw === undefined ? `${familyName(family)} default route` : `default via ${gw}`;
    if (from !== undefined) draft.edge({ ...wayOut(from, via), family: familyName(family) });
  }
  return index;
}

/** What links are to each other and to containers. */
interface Roles {
  readonly isShown: (link: LinkForm) => boolean;
  readonly hasDefault: (name: string) => boolean;
  readonly isParent: (name: string) => boolean;
  readonly isAttached: (name: string) => boolean;
  /** Whether it is the other end of a pair of which one end is a parent. */
  readonly isBeyond: (name: string) => boolean;
  /** Whether the host's own IP has it; true where its addresses are not known. */
  readonly hasAddress: (name: string) => boolean;
}

function rolesOf({ attachments, links, host, fleets = [] }: MapFacts): Roles {
  const ways = new Set((host?.defaultRoutes ?? []).map(({ link }) => link));
  const attached = new Set(attachments.flatMap(({ hostLink }) => hostLink?.name ?? []));
  const tunnels = new Set(
    fleets.flatMap((one) => one.tunnels.flatMap((each) => each.device ?? [])),
  );
  const parents = new Set([
    ...links.flatMap(({ parent }) => parent ?? []),
    ...(host?.standing ?? []).map(({ parent }) => parent),
  ]);
  const beyond = new Set(
    links.flatMap(({ name, peer }) => (parents.has(name) ? (peer ?? []) : [])),
  );
  const withAddress = host && new Set(host.addresses.map(({ link }) => link));
  const roles = {
    hasDefault: (name: string): boolean => ways.has(name),
    isParent: (name: string): boolean => parents.has(name),
    isAttached: (name: string): boolean => attached.has(name),
    isBeyond: (name: string): boolean => beyond.has(name),
    hasAddress: (name: string): boolean => withAddress?.has(name) ?? true,
  };
  const isNamed = (name: string): boolean =>
    [ways, parents, attached, tunnels, beyond].some((names) => names.has(name));
  return {
    ...roles,
    isShown: ({ name, kind, master, parent }) => {
      if (isNamed(name) || master !== undefined || parent !== undefined) return true;
      return kind === undefined ? name !== "lo" : MASTERS.includes(kind);
    },
  };
}

function kindOf({ name, kind }: LinkForm, roles: Roles): MapNodeKind {
  if (kind !== undefined && MASTERS.includes(kind)) return "bridge";
  if (roles.isAttached(name)) return "link";
  const leads = kind === undefined || LEADING.includes(kind);
  return leads || roles.hasDefault(name) || roles.isParent(name) ? "uplink" : "link";
}

function joinLink(draft: Draft, node: DraftNode, index: LinkIndex, roles: Roles): void {
  const { id, link, kind } = node;
  if (link === undefined) return;
  const { name, master, parent, peer } = link;
  const masterId = master === undefined ? undefined : index.idOf(master);
  const parentId = parent === undefined ? undefined : index.idOf(parent);
  const peerId = peer === undefined ? undefined : index.idOf(peer);
  if (masterId !== undefined) draft.edge(plain(id, masterId, "port of"));
  if (parentId !== undefined) {
    const label = link.vlan === undefined ? "" : kindText(link);
    draft.edge({ ...plain(id, parentId, "on"), label });
  }
  // Each end names the other: the pair is one edge.
  if (peerId !== undefined && !(index.linkOf(peer ?? "")?.peer === name && peerId < id)) {
    draft.edge(plain(id, peerId, "pair"));
  }
  const isFree = masterId === undefined;
  const isWay = roles.hasDefault(name) || (isFree && roles.hasAddress(name));
  if ((kind !== "link" || roles.isBeyond(name)) && isWay) {
    draft.edge(plain(nodeId("host", HOST), id, "routes"));
  }
  // A pair whose other end is here leads no further than there.
  const leadsOut =
    kind === "uplink" &&
    parentId === undefined &&
    peer === undefined &&
    !INNER.includes(link.kind ?? "");
  if (leadsOut && !roles.hasDefault(name)) draft.edge(wayOut(id, ""));
}

function plain(
  from: string,
  to: string,
  kind: "port of" | "on" | "pair" | "routes",
): Parameters<Draft["edge"]>[0] {
  return { from, to, kind, label: "", state: "ok" };
}

function wayOut(from: string, label: string): Parameters<Draft["edge"]>[0] {
  return { from, to: nodeId("outside", OUTSIDE), kind: "way out", label, state: "ok" };
}

function addressesOf(host: HostFacts | undefined): Map<string, string[]> {
  const all = new Map<string, string[]>();
  for (const { link, address } of host?.addresses ?? []) addTo(all, link, address);
  return all;
}

/** `macvlan`, `VLAN 100`; nothing for hardware. */
export function kindText({ kind = "", vlan }: Pick<LinkForm, "kind" | "vlan">): string {
  return vlan === undefined ? kind : `VLAN ${vlan}`;
}

/** `veth, MTU 1500, down` */
function linkLines(link: LinkForm): string[] {
  const { kind, mtu, up } = link;
  const parts = [
    ...(kind === undefined ? [] : [kindText(link)]),
    ...(mtu === undefined ? [] : [`MTU ${mtu}`]),
    ...(up === false ? ["down"] : []),
  ];
  return parts.length === 0 ? [] : [parts.join(", ")];
}

function familyName(family: 4 | 6): FamilyForm {
  return family === 4 ? "IPv4" : "IPv6";
}
