import type { Mac } from "../../addr/index.ts";
import type { Netns } from "../../kernel/netns/index.ts";
import {
  AF_PACKET,
  attachFilter,
  bind,
  ETH_P_IPV6,
  type Fd,
  type FilterInstruction,
  hear,
  packetAddress,
  SOCK_NONBLOCK,
  SOCK_RAW,
  send,
  socket,
} from "../../kernel/sys/index.ts";
import {
  decodeAdvertisement,
  ND_ROUTER_ADVERT,
  type RouterAdvertisement,
  solicitationFrame,
} from "../../ndp/index.ts";

// linux/bpf_common.h
const LDH_ABS = 0x28;
const LDB_ABS = 0x30;
const JEQ = 0x15;
const RET = 0x06;
const WHOLE = 0x40000;
const IPPROTO_ICMPV6 = 58;

/** Router advertisements; the rest of a busy link never wakes the process. */
const ADVERTISEMENTS: readonly FilterInstruction[] = [
  { code: LDH_ABS, k: 12 },
  { code: JEQ, k: ETH_P_IPV6, jf: 5 },
  { code: LDB_ABS, k: 20 },
  { code: JEQ, k: IPPROTO_ICMPV6, jf: 3 },
  { code: LDB_ABS, k: 54 },
  { code: JEQ, k: ND_ROUTER_ADVERT, jf: 1 },
  { code: RET, k: WHOLE },
  { code: RET, k: 0 },
];

/**
 * Pauses before each solicitation, in milliseconds. The first goes out at once and soon again: a port
 * of a bridge that has just come up may lose it. RFC 4861, 6.3.7 asks for 4 s between later ones.
 */
const SOLICIT_AFTER_MS = [0, 250, 1000, 4000, 4000];

/** A link in a namespace, and how long its routers may take. */
export interface LinkOfRouters {
  readonly netns: Netns;
  readonly index: number;
  readonly mac: Mac;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Whether an advertisement is the one waited for; by default each is. */
  readonly accepts?: (advertisement: RouterAdvertisement) => boolean;
}

/**
 * Asks the routers of a link, and gives the first advertisement that is accepted; undefined when the
 * time is over, or when the link went down. The link has to be up.
 * @throws the signal's reason
 */
export async function advertisementOf(
  link: LinkOfRouters,
): Promise<RouterAdvertisement | undefined> {
  const { signal } = link;
  signal.throwIfAborted();
  using packet = openSocket(link.netns, link.index);
  const { promise, resolve } = Promise.withResolvers<RouterAdvertisement | undefined>();
  const give = (): void => resolve(undefined);
  const timer = setTimeout(give, link.timeoutMs);
  signal.addEventListener("abort", give, { once: true });
  let asking: Asking | undefined;
  try {
    using _hearing = await hear(packet, {
      datagram: (bytes) => {
        const found = decodeAdvertisement(bytes);
        if (found !== undefined && (link.accepts?.(found) ?? true)) resolve(found);
      },
      end: give,
    });
    asking = new Asking(packet, solicitationFrame(link.mac));
    const found = await promise;
    signal.throwIfAborted();
    return found;
  } finally {
    asking?.stop();
    clearTimeout(timer);
    signal.removeEventListener("abort", give);
  }
}

/** Sends solicitations, again and again. */
class Asking {
  readonly #packet: Fd;
  readonly #frame: Uint8Array;
  #timer: NodeJS.Timeout | undefined;

  constructor(packet: Fd, frame: Uint8Array) {
    this.#packet = packet;
    this.#frame = frame;
    this.#ask(0);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #ask(turn: number): void {
    const pause = SOLICIT_AFTER_MS[turn];
    if (pause === undefined) return;
    this.#timer = setTimeout(() => {
      try {
        send(this.#packet, this.#frame);
      } catch {
        // The link is down for the moment; it may be up by the next time.
      }
      this.#ask(turn + 1);
    }, pause);
  }
}

function openSocket(netns: Netns, index: number): Fd {
  // Without a protocol the socket receives nothing until it is bound, with the filter attached.
  const packet = netns.run(() => socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK, 0));
  try {
    attachFilter(packet, ADVERTISEMENTS);
    bind(packet, packetAddress(index, ETH_P_IPV6));
    return packet;
  } catch (error) {
    packet.close();
    throw error;
  }
}
