/** Sends one real packet, and follows it. */
import type { Ip } from "../../addr/index.ts";
import { defined, errorText } from "../../base/index.ts";
import { DropMonitor, NoDropMonitor } from "../../kernel/drop-monitor/index.ts";
import { Netns } from "../../kernel/netns/index.ts";
import { Nftables, PacketTrace, type TracedFlow } from "../../kernel/nftables/index.ts";
import { RouteSocket } from "../../kernel/route/index.ts";
import { Errno, isKernelError } from "../../kernel/sys/index.ts";
import { dropOf } from "./drops.ts";
import { PacketEvents } from "./events.ts";
import { LinkNames } from "./names.ts";
import { type AskedPlace, inputOf, routeOf } from "./route.ts";
import { Sender } from "./send.ts";
import type { PacketDrop, PacketPlace, PacketRoute, PacketStory, SentPacket } from "./story.ts";

/** The packet that is to be sent. */
export interface PacketQuestion {
  /** Path of the container's namespace. */
  readonly netns: string;
  /** One of the container's addresses, of the destination's family. */
  readonly source: Ip;
  readonly destination: Ip;
  readonly port: number;
  readonly protocol: "tcp" | "udp";
  /** How long an answer is waited for; three seconds when absent. */
  readonly timeoutMs?: number;
  /** False to leave the machine's one drop monitor alone. */
  readonly hearsDrops?: boolean;
  readonly signal?: AbortSignal;
}

const TIMEOUT_MS = 3000;
/** What is reported of the last packet comes a little later than its answer. */
const REST_MS = 20;

/**
 * Sends one packet from inside the container (the SYN of a connection, or a datagram), and tells what
 * the kernel does with it: its routes, each chain of both namespaces, drops, and what comes back.
 * Nothing of the node is changed. What has to be there meanwhile, a rule that marks this one packet,
 * goes with the socket that made it, whatever ends this process.
 * @throws NetnsGoneError, or KernelError where the container does not have the address
 */
export async function followPacket(question: PacketQuestion): Promise<PacketStory> {
  const { timeoutMs = TIMEOUT_MS, hearsDrops = true, signal, port, ...ends } = question;
  using stack = new DisposableStack();
  const netns = stack.use(Netns.open(question.netns));
  const sender = stack.use(Sender.open(netns, { ...ends, port }));
  const { packet } = sender;
  const missing: string[] = [];
  const monitor = hearsDrops ? openMonitor(missing) : undefined;
  if (monitor !== undefined) stack.use(monitor);
  const inside = stack.use(new Followed("container", packet, missing, netns));
  const outside = stack.use(new Followed("host", packet, missing));
  const routes = routesOf(inside, outside, packet, netns);
  const answer = await sender.send(timeoutMs, signal);
  await Bun.sleep(REST_MS);
  const drops = monitor === undefined ? [] : dropsOf(monitor, packet, missing);
  for (const each of [inside, outside]) each.read();
  routes.push(...translatedRoutes(outside, routes, packet));
  const events = [...inside.seen("request"), ...outside.seen("request")];
  events.push(...outside.seen("answer"), ...inside.seen("answer"));
  const droppedBy = events.find(({ verdict }) => verdict === "drop");
  return { packet, routes, events, drops, answer, missing, ...defined({ droppedBy }) };
}

/** One namespace in which the packet is followed. */
class Followed implements Disposable, AskedPlace {
  readonly place: PacketPlace;
  readonly socket: RouteSocket;
  readonly names: LinkNames;
  readonly #events: PacketEvents;
  readonly #trace: PacketTrace | undefined;
  readonly #missing: string[];
  readonly #stack: DisposableStack;

  constructor(place: PacketPlace, packet: SentPacket, missing: string[], netns?: Netns) {
    using stack = new DisposableStack();
    this.place = place;
    this.#missing = missing;
    this.socket = stack.use(RouteSocket.open(netns));
    this.names = new LinkNames(this.socket);
    const nft = stack.use(Nftables.open(netns));
    this.#events = new PacketEvents(place, packet, nft, this.names);
    this.#trace = openTrace(place, packet, missing, netns);
    if (this.#trace !== undefined) stack.use(this.#trace);
    this.#stack = stack.move();
  }

  /** Where the packet was last seen to go. */
  get destination(): Ip | undefined {
    return this.#events.destination;
  }

  read(): void {
    for (const event of this.#trace?.events() ?? []) this.#events.add(event);
    if (this.#trace?.isIncomplete === true) {
      this.#missing.push(`more happened in the ${this.place}'s packet filter than could be read`);
    }
  }

  seen(direction: "request" | "answer"): PacketEvents["events"] {
    return this.#events.events.filter((event) => event.direction === direction);
  }

  [Symbol.dispose](): void {
    this.#stack.dispose();
  }
}

function openTrace(
  place: PacketPlace,
  packet: SentPacket,
  missing: string[],
  netns: Netns | undefined,
): PacketTrace | undefined {
  try {
    return PacketTrace.open(flowsOf(packet), netns);
  } catch (error) {
    const isOld = isKernelError(error, Errno.EOPNOTSUPP) || isKernelError(error, Errno.EINVAL);
    const text = isOld
      ? "before Linux 5.12 it cannot be done without a rule that a crash leaves behind"
      : errorText(error);
    missing.push(`the ${place}'s packet filter is not traced: ${text}`);
    return undefined;
  }
}

/** The packet, and what comes back as far as the container sees it. */
function flowsOf(packet: SentPacket): TracedFlow[] {
  const { protocol, source, sourcePort, destination, destinationPort } = packet;
  return [
    { protocol, source, sourcePort, destination, destinationPort },
    {
      ...{ protocol, source: destination, sourcePort: destinationPort },
      ...{ destination: source, destinationPort: sourcePort },
    },
  ];
}

function openMonitor(missing: string[]): DropMonitor | undefined {
  try {
    return DropMonitor.open();
  } catch (error) {
    if (!(error instanceof NoDropMonitor)) throw error;
    missing.push(`dropped packets are not seen: ${error.message}`);
    return undefined;
  }
}

function dropsOf(monitor: DropMonitor, packet: SentPacket, missing: string[]): PacketDrop[] {
  const drops = monitor.alerts().flatMap((alert) => dropOf(alert, packet) ?? []);
  if (monitor.isIncomplete) missing.push("more packets were dropped than could be read");
  return drops;
}

function routesOf(
  inside: Followed,
  outside: Followed,
  packet: SentPacket,
  netns: Netns,
): PacketRoute[] {
  const own = routeOf(inside, packet);
  const first = own.way;
  if (first === undefined || first.isLocal || first.output === undefined) return [own];
  const index = inside.names.indexOf(first.output);
  const input =
    index === undefined ? undefined : inputOf(outside.socket, inside.socket, netns, index);
  if (input === undefined) return [own];
  // A neighbour on the same bridge is reached without the host's routes.
  const isNeighbour = first.gateway === undefined && input.kind === "bridge";
  return isNeighbour ? [own] : [own, routeOf({ ...at(outside), input }, packet)];
}

/** After a translation of the destination the packet has another way. */
function translatedRoutes(
  outside: Followed,
  routes: readonly PacketRoute[],
  packet: SentPacket,
): PacketRoute[] {
  const { destination } = outside;
  const before = routes.find(({ place }) => place === "host");
  if (destination === undefined || before === undefined) return [];
  if (destination.equals(packet.destination)) return [];
  const index = before.input === undefined ? undefined : outside.names.indexOf(before.input);
  const input = index === undefined ? undefined : outside.names.link(index);
  return [routeOf({ ...at(outside), input }, packet, destination)];
}

function at({ place, socket, names }: Followed): AskedPlace {
  return { place, socket, names };
}
