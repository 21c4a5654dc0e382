import { type Ip, Mac, Prefix } from "../../addr/index.ts";
import { link } from "../../kernel/route/index.ts";
import { AF_PACKET, packetAddress, SOCK_RAW, send, socket } from "../../kernel/sys/index.ts";
import type { Result } from "../../spec/index.ts";
import { type Kind, kindOf } from "../kind.ts";
import type { Namespaces } from "../namespaces/index.ts";
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
export const announcement: Kind<WantedAnnouncement> = kindOf({
  name: "announcement",

  describe({ owner }, { result }) {
    const addresses = ownAddresses(result(), owner.ifName).join(", ");
    return `the link is told where ${addresses === "" ? "the addresses are" : `${addresses} is`}`;
  },

  apply({ namespaces, owner }, { link: ownLink, result }) {
    const addresses = ownAddresses(result(), owner.ifName);
    if (addresses.length === 0) return;
    try {
      const own = ownLink();
      if ((own.flags & (link.IFF_NOARP | link.IFF_LOOPBACK)) !== 0) return;
      if (own.kind === "veth") letKernelAnnounce(namespaces, own);
      else sendFrames(namespaces, own, addresses);
    } catch {
      // Neighbours then find out by asking, as they do without an announcement.
    }
  },
});

/**
 * A link whose MAC is set (here to what it is already) tells its addresses by itself when
 * `arp_notify` and `ndisc_notify` are on. For a veth that is one message; of other links'
 * drivers not all would take it for no change.
 */
function letKernelAnnounce({ containerLinks }: Namespaces, { index, address }: link.Link): void {
  if (address !== undefined) containerLinks.set(index, { address });
}

/** Frames of our own: right for every link, but closing a packet socket takes the kernel 10 ms. */
function sendFrames(
  { netns }: Namespaces,
  { index, address }: link.Link,
  addresses: readonly Ip[],
): void {
  const mac = Mac.tryParse(address ?? "");
  if (mac === undefined) return;
  // Protocol 0: sends, and hears nothing.
  using packets = netns?.run(() => socket(AF_PACKET, SOCK_RAW, 0));
  if (packets === undefined) return;
  for (const ip of addresses) {
    const type = ip.family === 4 ? ETH_P_ARP : ETH_P_IPV6;
    send(packets, announcementFrame(ip, mac), 0, packetAddress(index, type));
  }
}

function ownAddresses({ ips, interfaces }: Result, ifName: string): Ip[] {
  return ips
    .filter((ip) => ip.interface !== undefined && interfaces[ip.interface]?.name === ifName)
    .map(({ address }) => Prefix.parse(address).ip);
}
