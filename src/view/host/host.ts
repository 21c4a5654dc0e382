import type { Family } from "../../addr/index.ts";
import { defined } from "../../base/index.ts";
import { address, RouteSocket, route } from "../../kernel/route/index.ts";
import { readSysctl } from "../../kernel/sysctl/index.ts";
import type { NodeView } from "../attachments/index.ts";
import { type OnProblem, orProblem } from "../sources/index.ts";
import { masqueradedAddresses } from "./masquerade.ts";
import { type StandingInterface, standingOn } from "./standing.ts";

/** The way from the host to the outside. */
export interface HostWay {
  /** Of its links, in CIDR notation, without those that no router passes on. */
  readonly addresses: readonly { readonly link: string; readonly address: string }[];
  /** Its default routes, the preferred one first. */
  readonly defaultRoutes: readonly DefaultWay[];
  /** Families whose packets it does not forward. */
  readonly unforwarded: readonly Family[];
  /** Addresses of containers that the outside sees as one of the host; absent where that could not be read. */
  readonly masqueraded?: readonly string[];
}

/** The host as the containers' way out. */
export interface HostSide extends HostWay {
  /** Interfaces in containers that stand on a link of the host. */
  readonly standing: readonly StandingInterface[];
}

const SOURCE = "the kernel's addresses and routes";

export interface DefaultWay {
  /** Name of the link. */
  readonly link: string;
  readonly family: Family;
  readonly gw?: string;
}

/** Asks the kernel, and enters no namespace. */
export function hostWay(view: SeenOfNode, onProblem: OnProblem): HostWay | undefined {
  return orProblem(SOURCE, onProblem, () => wayOf(view, namesOf(view), onProblem));
}

/**
 * Asks the kernel, and enters those namespaces whose interfaces no link of the host belongs to: only there it
 * says what they stand on.
 */
export function hostSide(view: SeenOfNode, onProblem: OnProblem): HostSide | undefined {
  return orProblem(SOURCE, onProblem, () => {
    const names = namesOf(view);
    const way = wayOf(view, names, onProblem);
    return { ...way, standing: standingOn(view.attachments, names) };
  });
}

/** What of a view of the node this goes by. */
type SeenOfNode = Pick<NodeView, "attachments" | "links">;

function namesOf({ links }: SeenOfNode): ReadonlyMap<number, string> {
  return new Map([...(links?.byName.values() ?? [])].map(({ index, name }) => [index, name]));
}

function wayOf(
  { attachments }: SeenOfNode,
  names: ReadonlyMap<number, string>,
  onProblem: OnProblem,
): HostWay {
  using socket = RouteSocket.open();
  const masqueraded = masqueradedAddresses(attachments, onProblem);
  return {
    addresses: addressesOf(socket, names),
    defaultRoutes: defaultRoutesOf(socket, names),
    unforwarded: unforwarded(onProblem),
    ...defined({ masqueraded }),
  };
}

function addressesOf(
  socket: RouteSocket,
  names: ReadonlyMap<number, string>,
): { link: string; address: string }[] {
  const all = address.list(socket, { where: ({ prefix }) => !prefix.ip.isLinkLocal });
  return all.flatMap(({ index, prefix }) => {
    const name = names.get(index);
    return name === undefined ? [] : [{ link: name, address: prefix.toString() }];
  });
}

function defaultRoutesOf(socket: RouteSocket, names: ReadonlyMap<number, string>): DefaultWay[] {
  const found = route.list(socket, {
    table: route.RT_TABLE_MAIN,
    where: ({ dst, type }) => dst.length === 0 && type === route.RTN_UNICAST,
  });
  const sorted = found.toSorted(
    (one, other) => one.family - other.family || (one.priority ?? 0) - (other.priority ?? 0),
  );
  return sorted.flatMap(({ family, index, gateway, multipath = [] }) =>
    [{ index, gateway }, ...multipath].flatMap((hop): DefaultWay[] => {
      const name = hop.index === undefined ? undefined : names.get(hop.index);
      const gw = hop.gateway?.toString();
      return name === undefined ? [] : [{ link: name, family, ...defined({ gw }) }];
    }),
  );
}

const FORWARDING: readonly (readonly [Family, string])[] = [
  [4, "net.ipv4.ip_forward"],
  [6, "net.ipv6.conf.all.forwarding"],
];

/** A family that the kernel does not have at all is not missed. */
function unforwarded(onProblem: OnProblem): Family[] {
  return FORWARDING.flatMap(([family, key]) => {
    const quiet: OnProblem = family === 6 ? () => undefined : onProblem;
    const value = orProblem(`sysctl ${key}`, quiet, () => readSysctl(key));
    return value === "0" ? [family] : [];
  });
}
