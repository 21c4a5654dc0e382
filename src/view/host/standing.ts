import { defined } from "../../base/index.ts";
import { Netns } from "../../kernel/netns/index.ts";
import { link, netnsIdOf, RouteSocket } from "../../kernel/route/index.ts";
import type { NodeAttachment } from "../attachments/index.ts";

/** An interface in a container that stands on a link of the host. */
export interface StandingInterface {
  readonly network: string;
  readonly containerId: string;
  readonly ifName: string;
  /** Name of that link. */
  readonly parent: string;
  /** `macvlan`, `ipvlan`, `vlan`. */
  readonly kind: string;
  /** Of a VLAN: its number. */
  readonly vlan?: number;
}

/** So many namespaces are entered at most. */
const ENTERED_MAX = 2000;

/** Of attachments that no link of the host belongs to. What cannot be entered is left out. */
export function standingOn(
  attachments: readonly NodeAttachment[],
  names: ReadonlyMap<number, string>,
): StandingInterface[] {
  const asked = attachments.filter(
    ({ hostLink, netns, netnsState, ifName }) =>
      hostLink === undefined && netns !== "" && netnsState === "alive" && ifName !== "",
  );
  if (asked.length === 0) return [];
  using host = Netns.current();
  return asked.slice(0, ENTERED_MAX).flatMap((one) => standing(one, host, names) ?? []);
}

function standing(
  { network, containerId, ifName, netns }: NodeAttachment,
  host: Netns,
  names: ReadonlyMap<number, string>,
): StandingInterface | undefined {
  try {
    using inside = Netns.open(netns);
    if (inside.ino === host.ino && inside.dev === host.dev) return undefined;
    using socket = RouteSocket.open(inside);
    const found = link.get(socket, { name: ifName });
    const { kind, linkIndex, linkNetnsId } = found ?? {};
    // A container chooses its indexes: the kernel has to say that this one is of the host's namespace.
    if (kind === undefined || kind === "veth" || linkIndex === undefined) return undefined;
    if (linkNetnsId === undefined || linkNetnsId !== netnsIdOf(socket, host)) return undefined;
    const parent = names.get(linkIndex);
    if (parent === undefined) return undefined;
    return { network, containerId, ifName, parent, kind, ...defined({ vlan: found?.vlan?.id }) };
  } catch {
    return undefined;
  }
}
