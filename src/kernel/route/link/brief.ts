import { i32At, u16At, u32At } from "../../../bytes/index.ts";
import {
  type AttributeTable,
  attributeBytes,
  attributes,
  attributeText,
  type Field,
} from "../../netlink/index.ts";
import type { RouteSocket } from "../socket.ts";
import { commonFields, IFLA_LINKINFO, type Operstate } from "./attribute.ts";
import { FLAGS_AT, IFF_LOWER_UP, IFF_UP, INDEX_AT, ifinfomsg } from "./header.ts";
import { listMessage, RTM_NEWLINK } from "./message.ts";

// Inside IFLA_LINKINFO.
const IFLA_INFO_KIND = 1;
const IFLA_INFO_DATA = 2;
// Of a VLAN, inside IFLA_INFO_DATA.
const IFLA_VLAN_ID = 1;

/** What a list of thousands of links is read for; the rest of them is not decoded. */
export interface BriefLink {
  readonly index: number;
  readonly name: string;
  /** IFLA_INFO_KIND: `veth`, `bridge` …; absent for loopback and hardware. */
  readonly kind?: string;
  readonly up: boolean;
  /** IFF_LOWER_UP: whether it could send frames; of a pair, whether both ends are up. */
  readonly carrier: boolean;
  readonly operstate: Operstate;
  /** Index of the bridge or VRF it is a port of. */
  readonly master?: number;
  /** IFLA_LINK: index of the link that it stands on, or of the other end of a pair. */
  readonly linkIndex?: number;
  /** IFLA_LINK_NETNSID: present where that link is in another namespace. */
  readonly linkNetnsId?: number;
  readonly alias?: string;
  readonly mtu?: number;
  /** Hardware address. */
  readonly address?: string;
  /** IFLA_VLAN_ID, of a VLAN. */
  vlan?: number;
}

interface BriefAttributes {
  readonly name?: string | undefined;
  readonly kind?: string | undefined;
  readonly operstate?: Operstate | undefined;
  readonly master?: number | undefined;
  readonly linkIndex?: number | undefined;
  readonly linkNetnsId?: number | undefined;
  readonly alias?: string | undefined;
  readonly mtu?: number | undefined;
  readonly address?: string | undefined;
}

/** The kernel writes it first; of a port the settings of its kind and of its bridge follow. */
const kind: Field<string> = {
  type: IFLA_LINKINFO,
  write: (writer, type, value) =>
    writer.nested(type, (inner) => inner.string(IFLA_INFO_KIND, value)),
  read: (memory, start, length, target) => {
    const info = memory.subarray(start, start + length);
    const found = attributeBytes(info, 0, IFLA_INFO_KIND);
    if (found === undefined) return null;
    const text = attributeText(found);
    if (text === "vlan") readVlan(info, target);
    return text;
  },
};

function readVlan(info: Uint8Array, target: Pick<BriefLink, "vlan">): void {
  const data = attributeBytes(info, 0, IFLA_INFO_DATA);
  const id = data && attributeBytes(data, 0, IFLA_VLAN_ID);
  if (id?.length === 2) target.vlan = u16At(id, 0);
}

const { name, operstate, master, linkIndex, linkNetnsId, alias, mtu, address } = commonFields;
const table: AttributeTable<BriefAttributes> = attributes<BriefAttributes>({
  ...{ name, operstate, master, linkIndex, linkNetnsId, alias, mtu, address, kind },
});

/** All links of the namespace, as far as a list of them shows. */
export function listBrief(socket: RouteSocket): BriefLink[] {
  return socket.netlink.collect(
    listMessage(),
    ({ type, payload }) => (type === RTM_NEWLINK ? decodeBrief(payload) : undefined),
    { operation: "list links", keepsNoBytes: true },
  );
}

function decodeBrief(payload: Uint8Array): BriefLink {
  const flags = u32At(payload, FLAGS_AT);
  const link: BriefLink = {
    ...{ index: i32At(payload, INDEX_AT), name: "", operstate: "UNKNOWN" },
    ...{ up: (flags & IFF_UP) !== 0, carrier: (flags & IFF_LOWER_UP) !== 0 },
  };
  return table.decode<BriefLink>(payload, link, ifinfomsg.size);
}
