import { type Ip, Mac, Prefix } from "../../addr/index.ts";
import { link } from "../../kernel/route/index.ts";
import { AF_PACKET, packetAddress, SOCK_RAW, send, socket } from "../../kernel/sys/index.ts";
import type { Result } from "../../spec/index.ts";
import type { Namespaces } from "../namespaces/index.ts";
import type { Step } from "../step.ts";
import { announcement, ETH_P_ARP, ETH_P_IPV6 } from "./frame.ts";

/** Whose addresses are announced. */
export interface Announcement {
  readonly namespaces: Namespaces;
  readonly ifName: string;
  /** The container's link as the kernel has it. */
  readonly link: () => link.Link;
  readonly result: () => Result;
}

/**
 * Tells the link where the container's addresses are, so that nobody sends to the former owner of
 * one. Makes no state; what cannot be sent is not worth a failed ADD.
 */
export class AnnounceStep implements Step {
  readonly name = "announcement";
  readonly #of: Announcement;

  constructor(of: Announcement) {
    this.#of = of;
  }

  describe(): string {
    const addresses = this.#addresses().join(", ");
    return `the link is told where ${addresses === "" ? "the addresses are" : `${addresses} is`}`;
  }

  apply(): undefined {
    const addresses = this.#addresses();
    if (addresses.length === 0) return;
    try {
      const own = this.#of.link();
      if ((own.flags & (link.IFF_NOARP | link.IFF_LOOPBACK)) !== 0) return;
      if (own.kind === "veth") this.#letKernelAnnounce(own);
      else this.#send(own, addresses);
    } catch {
      // Neighbours then find out by asking, as they do without an announcement.
    }
  }

  check(): void {}

  undo(): void {}

  /**
   * A link whose MAC is set (here to what it is already) tells its addresses by itself when
   * `arp_notify` and `ndisc_notify` are on. For a veth that is one message; of other links'
   * drivers not all would take it for no change.
   */
  #letKernelAnnounce({ index, address }: link.Link): void {
    if (address !== undefined) this.#of.namespaces.containerLinks.set(index, { address });
  }

  /** Frames of our own: right for every link, but closing a packet socket takes the kernel 10 ms. */
  #send({ index, address }: link.Link, addresses: readonly Ip[]): void {
    const mac = Mac.tryParse(address ?? "");
    if (mac === undefined) return;
    // Protocol 0: sends, and hears nothing.
    using packets = this.#of.namespaces.netns?.run(() => socket(AF_PACKET, SOCK_RAW, 0));
    if (packets === undefined) return;
    for (const ip of addresses) {
      const type = ip.family === 4 ? ETH_P_ARP : ETH_P_IPV6;
      send(packets, announcement(ip, mac), 0, packetAddress(index, type));
    }
  }

  #addresses(): Ip[] {
    const { ifName, result } = this.#of;
    const { ips, interfaces } = result();
    return ips
      .filter((ip) => ip.interface !== undefined && interfaces[ip.interface]?.name === ifName)
      .map(({ address }) => Prefix.parse(address).ip);
  }
}
