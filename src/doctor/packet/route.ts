/** Asks the kernel which way the packet goes, with all of the packet that rules can look at. */
import type { Ip } from "../../addr/index.ts";
import { defined, errorText } from "../../base/index.ts";
import type { Netns } from "../../kernel/netns/index.ts";
import { link, type RouteSocket, route } from "../../kernel/route/index.ts";
import { Errno, isKernelError, KernelError } from "../../kernel/sys/index.ts";
import type { LinkNames } from "./names.ts";
import type { PacketPlace, PacketRoute, SentPacket } from "./story.ts";

const IPPROTO = { tcp: 6, udp: 17 } as const;

/** A namespace whose routes are asked. */
export interface AskedPlace {
  readonly place: PacketPlace;
  readonly socket: RouteSocket;
  readonly names: LinkNames;
  /** The link that the packet comes in by; absent where it begins. */
  readonly input?: link.Link | undefined;
}

/** The kernel's answer for the packet, on its way to `destination`. */
export function routeOf(
  { place, socket, names, input }: AskedPlace,
  packet: SentPacket,
  destination: Ip = packet.destination,
): PacketRoute {
  const asked = { place, destination, ...defined({ input: input?.name }) };
  try {
    const found = route.get(socket, {
      ...{ dst: destination, source: packet.source, inputIndex: input?.index },
      protocol: IPPROTO[packet.protocol],
      ...{ sourcePort: packet.sourcePort, destinationPort: packet.destinationPort },
    });
    if (found === undefined) return { ...asked, refusal: "there is no route to it" };
    const refusal = REFUSALS.get(found.type);
    if (refusal !== undefined) return { ...asked, refusal };
    const { table, gateway, index } = found;
    const mtu = found.mtu ?? mtuOf(socket, index);
    const isLocal = found.type === route.RTN_LOCAL;
    const way = { isLocal, table, ...defined({ output: names.of(index), gateway, mtu }) };
    return { ...asked, way };
  } catch (error) {
    return { ...asked, refusal: refusalText(error) };
  }
}

const REFUSALS: ReadonlyMap<number, string> = new Map([
  [route.RTN_BLACKHOLE, "a route of type blackhole swallows it"],
  [route.RTN_UNREACHABLE, "a route of type unreachable refuses it"],
  [route.RTN_PROHIBIT, "a route of type prohibit refuses it"],
]);

function refusalText(error: unknown): string {
  if (isKernelError(error, Errno.EXDEV)) {
    return "the way back to the sender does not lead out by the link that it came in by (rp_filter)";
  }
  if (isKernelError(error, Errno.EHOSTUNREACH)) return "forwarding is off, or a route refuses it";
  if (isKernelError(error, Errno.EINVAL))
    return "a route refuses it, or the sender's address is none";
  return error instanceof KernelError ? error.message : errorText(error);
}

function mtuOf(socket: RouteSocket, index: number | undefined): number | undefined {
  return index === undefined ? undefined : link.get(socket, { index })?.mtu;
}

/**
 * The link by which the host's routing sees what the container sends from a link of its own: the
 * host's end of the pair, or the bridge that this is a port of. Undefined where no pair leads here.
 */
export function inputOf(
  host: RouteSocket,
  container: RouteSocket,
  netns: Netns,
  index: number,
): link.Link | undefined {
  const inside = link.get(container, { index });
  const end = inside && link.peerOf(host, inside, netns);
  if (end?.master === undefined) return end;
  return link.get(host, { index: end.master }) ?? end;
}
