import { link, RouteSocket } from "../../kernel/route/index.ts";
import { type OnProblem, orProblem } from "./problem.ts";

/** A link of the host. */
export interface HostLink {
  readonly name: string;
  readonly index: number;
  /** `veth`, `bridge` and so on; absent for hardware. */
  readonly kind?: string | undefined;
  /** Whether it is switched on. */
  readonly up: boolean;
  /** Of an end of a pair that is switched on: whether the other end is, too. */
  readonly carrier: boolean;
  /** Whether frames pass: `UP`, `LOWERLAYERDOWN` … */
  readonly operstate: string;
  readonly mtu?: number | undefined;
  /** Hardware address. */
  readonly mac?: string | undefined;
  /** Of a VLAN, its number. */
  readonly vlan?: number | undefined;
  /** Name of the bridge or VRF that it is a port of. */
  readonly master?: string | undefined;
  /** Name of the link of the host that it stands on: of a macvlan, an ipvlan, a VLAN. */
  readonly parent?: string | undefined;
  /** Name of the other end of a veth pair, where that is on the host too. */
  readonly peer?: string | undefined;
}

/** The links of the host at one instant. */
export interface HostLinks {
  readonly byName: ReadonlyMap<string, HostLink>;
  /** Those that bear a mark, or any other alias. */
  readonly byAlias: ReadonlyMap<string, HostLink>;
}

const SOURCE = "the kernel's list of links";

/** The links of this process's namespace, in one dump; undefined when the kernel refuses it. */
export function hostLinks(onProblem: OnProblem): HostLinks | undefined {
  const all = orProblem(SOURCE, onProblem, () => {
    using socket = RouteSocket.open();
    return link.listBrief(socket);
  });
  return all === undefined ? undefined : joined(all);
}

function joined(all: readonly link.BriefLink[]): HostLinks {
  const names = new Map<number, string>();
  for (const { index, name } of all) names.set(index, name);
  const byName = new Map<string, HostLink>();
  const byAlias = new Map<string, HostLink>();
  for (const each of all) {
    const { name, index, kind, up, carrier, operstate, alias, mtu, address: mac, vlan } = each;
    const master = each.master === undefined ? undefined : names.get(each.master);
    const one: HostLink = {
      ...{ name, index, kind, up, carrier, operstate, mtu, mac, vlan, master },
      ...besideOf(each, names),
    };
    byName.set(name, one);
    if (alias !== undefined && alias !== "") byAlias.set(alias, one);
  }
  return { byName, byAlias };
}

/** What IFLA_LINK means of a link of its kind; nothing where that link is in another namespace. */
function besideOf(
  { index, kind, linkIndex = 0, linkNetnsId }: link.BriefLink,
  names: ReadonlyMap<number, string>,
): Pick<HostLink, "parent" | "peer"> {
  // The kernel has a link without any stand on itself, or on none.
  const isHere = linkNetnsId === undefined && linkIndex !== 0 && linkIndex !== index;
  const name = isHere ? names.get(linkIndex) : undefined;
  if (name === undefined) return {};
  return kind === "veth" ? { peer: name } : { parent: name };
}
