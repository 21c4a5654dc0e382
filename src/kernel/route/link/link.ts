import {
  type Attribute,
  type AttributeTable,
  type AttributeWriter,
  attributes,
} from "../../netlink/index.ts";
import { type CommonAttributes, commonFields, IFLA_LINKINFO, type Operstate } from "./attribute.ts";
import { IFF_ALLMULTI, IFF_UP, ifinfomsg } from "./header.ts";
import { infoField, type LinkInfo, type LinkInfoState } from "./kind/index.ts";

/** The attributes of a link message. */
interface LinkTable extends CommonAttributes {
  readonly info?: LinkInfo;
}

const info = infoField(IFLA_LINKINFO);

const linkTable: AttributeTable<LinkTable> = attributes<LinkTable>({ ...commonFields, info });

/** Writes the kind of a link with its settings. */
export function writeInfo(writer: AttributeWriter, value: LinkInfo): void {
  info.write(writer, IFLA_LINKINFO, value);
}

/** A network link as the kernel reports it. */
export interface Link extends LinkInfoState {
  readonly index: number;
  readonly name: string;
  /** IFLA_INFO_KIND: `veth`, `bridge` …; absent for loopback and hardware. */
  readonly kind?: string;
  readonly mtu: number;
  /** Hardware address in lower case with colons. */
  readonly address?: string;
  /** IFF_ bits. */
  readonly flags: number;
  readonly up: boolean;
  /** How many ask for promiscuous mode: programs, bridges, and the link itself when it was set. */
  readonly promiscuity: number;
  /** How many ask for all multicast frames. */
  readonly allmulti: number;
  readonly operstate: Operstate;
  /** Index of the bridge or VRF it is a port of. */
  readonly master?: number;
  /** IFLA_LINK: the peer of a veth, the parent of a macvlan or VLAN. */
  readonly linkIndex?: number;
  /** Id, in the namespace asked, of the namespace that `linkIndex` belongs to. */
  readonly linkNetnsId?: number;
  readonly alias?: string;
  readonly txqlen: number;
  readonly group: number;
  readonly altNames: readonly string[];
  /** ARPHRD_ of linux/if_arp.h: 1 is Ethernet, 772 loopback. */
  readonly hardwareType: number;
  /** Attributes that nothing above was made of. */
  readonly extra: readonly Attribute[];
}

/**
 * Decodes the payload of RTM_NEWLINK or RTM_DELLINK. What is absent stays absent.
 *
 * @example
 * ```ts
 * import { link, RouteSocket, RTNLGRP_LINK } from "hawser/netlink";
 * import { Netns } from "hawser/netns";
 *
 * using blue = Netns.open("/run/netns/blue");
 * using events = RouteSocket.open(blue, [RTNLGRP_LINK]);
 * using socket = RouteSocket.open(blue);
 * link.add(socket, { name: "br0", kind: "bridge" });
 * const [event] = events.netlink.receive(1000);
 * event?.type === link.RTM_NEWLINK && link.decodeLink(event.payload).name; // → "br0"
 * ```
 */
export function decodeLink(payload: Uint8Array): Link {
  const { index, flags, type } = ifinfomsg.decode(payload);
  return linkTable.decode<Link>(
    payload,
    {
      index,
      name: "",
      mtu: 0,
      flags,
      up: (flags & IFF_UP) !== 0,
      promiscuity: 0,
      // Kernels before 6.0 tell only whether some program asks.
      allmulti: (flags & IFF_ALLMULTI) === 0 ? 0 : 1,
      operstate: "UNKNOWN",
      txqlen: 0,
      group: 0,
      altNames: [],
      hardwareType: type,
      get extra() {
        return linkTable.extra(payload, ifinfomsg.size); // dozens, which are seldom looked at
      },
    },
    ifinfomsg.size,
  );
}
