/** Asks the kernel which way the packet goes, with all of the packet that rules can look at. */
import type { Ip } from "../../addr/index.ts";
import { defined, errorText } from "../../base/index.ts";
import type { Netns } from "../../kernel/netns/index.ts";
import { link, type RouteSocket, route } from "../../kernel/route/index.ts";
import { Errno, isKernelError } from "../../kernel/sys/index.ts";
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
  asking: AskedPlace,
  packet: SentPacket,
  destination: Ip = packet.destination,
): PacketRoute {
  const { place, socket, names, input } = asking;
  const about = { place, destination, ...defined({ input: input?.name }) };
  try {
    const found = route.get(socket, {
      ...{ dst: destination, source: packet.source, inputIndex: input?.index },
      protocol: IPPROTO[packet.protocol],
      ...{ sourcePort: packet.sourcePort, destinationPort: packet.destinationPort },
    });
    if (found === undefined) return { ...about, refusal: noRoute(input) };
    const refusal = REFUSALS.get(found.type);
    if (refusal !== undefined) return { ...about, refusal };
    const { table, gateway, index } = found;
    const mtu = found.mtu ?? mtuOf(socket, index);
    const isLocal = found.type === route.RTN_LOCAL;
    const way = { isLocal, table, ...defined({ output: names.of(index), gateway, mtu }) };
    return { ...about, way };
  } catch (error) {
    return { ...about, refusal: refusalText(asking, packet, error) };
  }
}

const REFUSALS: ReadonlyMap<number, string> = new Map([
  [route.RTN_BLACKHOLE, "a route of type blackhole swallows it"],
  [route.RTN_UNREACHABLE, "a route of type unreachable refuses it"],
  [route.RTN_PROHIBIT, "a route of type prohibit refuses it"],
]);

/** Kernels since 6.14 have one error for all refusals of what comes in. */
function refusalText(
  { socket, names, input }: AskedPlace,
  { source }: SentPacket,
  error: unknown,
): string {
  if (input === undefined || !isKernelError(error, Errno.EXDEV, Errno.EINVAL)) {
    return errorText(error);
  }
  const back = asked(() => route.get(socket, { dst: source }));
  if (back !== undefined && back.index === input.index) {
    return `what comes from ${input.name} with the address ${source} is refused`;
  }
  const by = back === undefined ? "there is none" : `it is by ${names.of(back.index) ?? "another"}`;
  return `the way back to ${source} is not by ${input.name}, ${by} (rp_filter)`;
}

function asked<T>(ask: () => T): T | undefined {
  try {
    return ask();
  } catch (error) {
    if (isKernelError(error)) return undefined;
    throw error;
  }
}

/** The kernel has one error for both. */
function noRoute(input: link.Link | undefined): string {
  const alone = "there is no route to it";
  return input === undefined
    ? alone
    : `${alone}, or what comes from ${input.name} is not forwarded`;
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
