import { type Ip, Mac, Prefix } from "../../addr/index.ts";
import { link } from "../../kernel/route/index.ts";
import { AF_PACKET, packetAddress, SOCK_RAW, send, socket } from "../../kernel/sys/index.ts";
import type { Result } from "../../spec/index.ts";
import type { Kind, Piece } from "../kind.ts";
import type { Scene } from "../scene.ts";
import { announcement as announcementFrame, ETH_P_ARP, ETH_P_IPV6 } from "./frame.ts";

/** What is announced. */
export interface WantedAnnouncement {
  /** The container's link as the kernel has it. */
  readonly link: () => link.Link;
  readonly result: () => Result;
}

/**
 * The container's addresses are announced on its link, so that no neighbour sends to the former
 * owner of one. Makes no state; what cannot be sent is not worth a failed ADD.
 */
export const announcement: Kind<WantedAnnouncement> = {
  name: "announcement",
  want: (scene, wanted) => new Announcement(scene, wanted),
};

class Announcement implements Piece {
  readonly name = "announcement";
  readonly #scene: Scene;
  readonly #wanted: WantedAnnouncement;

  constructor(scene: Scene, wanted: WantedAnnouncement) {
    this.#scene = scene;
    this.#wanted = wanted;
  }

  describe(): string {
    const addresses = this.#addresses().join(", ");
    return `the link is told where ${addresses === "" ? "the addresses are" : `${addresses} is`}`;
  }

  apply(): void {
    const addresses = this.#addresses();
    if (addresses.length === 0) return;
    try {
      const own = this.#wanted.link();
      if ((own.flags & (link.IFF_NOARP | link.IFF_LOOPBACK)) !== 0) return;
      if (own.kind === "veth") this.#letKernelAnnounce(own);
      else this.#send(own, addresses);
    } catch {
      // Neighbours then find out by asking, as they do without an announcement.
    }
  }

  /**
   * A link whose MAC is set (here to what it is already) tells its addresses by itself when
   * `arp_notify` and `ndisc_notify` are on. For a veth that is one message; of other links'
   * drivers not all would take it for no change.
   */
  #letKernelAnnounce({ index, address }: link.Link): void {
    if (address !== undefined) this.#scene.namespaces.containerLinks.set(index, { address });
  }

  /** Frames of our own: right for every link, but closing a packet socket takes the kernel 10 ms. */
  #send({ index, address }: link.Link, addresses: readonly Ip[]): void {
    const mac = Mac.tryParse(address ?? "");
    if (mac === undefined) return;
    // Protocol 0: sends, and hears nothing.
    using packets = this.#scene.namespaces.netns?.run(() => socket(AF_PACKET, SOCK_RAW, 0));
    if (packets === undefined) return;
    for (const ip of addresses) {
      const type = ip.family === 4 ? ETH_P_ARP : ETH_P_IPV6;
      send(packets, announcementFrame(ip, mac), 0, packetAddress(index, type));
    }
  }

  #addresses(): Ip[] {
    const { ifName } = this.#scene.owner;
    const { ips, interfaces } = this.#wanted.result();
    return ips
      .filter((ip) => ip.interface !== undefined && interfaces[ip.interface]?.name === ifName)
      .map(({ address }) => Prefix.parse(address).ip);
  }
}
