import type { Mac } from "../../addr/index.ts";
import type { Netns } from "../../kernel/netns/index.ts";
import {
  BPF_JEQ,
  BPF_LDB_ABS,
  BPF_LDH_ABS,
  BPF_RET,
  BPF_WHOLE,
  ETH_P_IPV6,
  type Fd,
  type FilterInstruction,
  hear,
  openPacketSocket,
  send,
} from "../../kernel/sys/index.ts";
import {
  decodeAdvertisement,
  ND_ROUTER_ADVERT,
  type RouterAdvertisement,
  solicitationFrame,
} from "../../ndp/index.ts";

const IPPROTO_ICMPV6 = 58;

/** Router advertisements; the rest of a busy link never wakes the process. */
const ADVERTISEMENTS: readonly FilterInstruction[] = [
  { code: BPF_LDH_ABS, k: 12 },
  { code: BPF_JEQ, k: ETH_P_IPV6, jf: 5 },
  { code: BPF_LDB_ABS, k: 20 },
  { code: BPF_JEQ, k: IPPROTO_ICMPV6, jf: 3 },
  { code: BPF_LDB_ABS, k: 54 },
  { code: BPF_JEQ, k: ND_ROUTER_ADVERT, jf: 1 },
  { code: BPF_RET, k: BPF_WHOLE },
  { code: BPF_RET, k: 0 },
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
  using packet = link.netns.run(() => openPacketSocket(link.index, ETH_P_IPV6, ADVERTISEMENTS));
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
