import { type AttributeTable, attributes, cString, type Field } from "../../netlink/index.ts";
import type { RouteSocket } from "../socket.ts";
import { commonFields, IFLA_LINKINFO, type Operstate } from "./attribute.ts";
import { IFF_UP, ifinfomsg } from "./header.ts";
import { listMessage, RTM_NEWLINK } from "./message.ts";

// Inside IFLA_LINKINFO.
const IFLA_INFO_KIND = 1;

/** What a list of thousands of links is read for; the rest of them is not decoded. */
export interface BriefLink {
  readonly index: number;
  readonly name: string;
  /** IFLA_INFO_KIND: `veth`, `bridge` …; absent for loopback and hardware. */
  readonly kind?: string;
  readonly up: boolean;
  readonly operstate: Operstate;
  /** Index of the bridge or VRF it is a port of. */
  readonly master?: number;
  /** IFLA_LINK: index of the link that it stands on, or of the other end of a pair. */
  readonly linkIndex?: number;
  /** IFLA_LINK_NETNSID: present where that link is in another namespace. */
  readonly linkNetnsId?: number;
  readonly alias?: string;
}

interface BriefAttributes {
  readonly name?: string | undefined;
  readonly kind?: string | undefined;
  readonly operstate?: Operstate | undefined;
  readonly master?: number | undefined;
  readonly linkIndex?: number | undefined;
  readonly linkNetnsId?: number | undefined;
  readonly alias?: string | undefined;
}

const infoTable: AttributeTable<{ readonly kind?: string }> = attributes<{ kind?: string }>({
  kind: cString(IFLA_INFO_KIND),
});

const kind: Field<string> = {
  type: IFLA_LINKINFO,
  write: (writer, type, value) =>
    writer.nested(type, (inner) => infoTable.encode(inner, { kind: value })),
  read: (memory, start, length) =>
    infoTable.decode<{ kind?: string }>(memory.subarray(start, start + length), {}).kind ?? null,
};

const { name, operstate, master, linkIndex, linkNetnsId, alias } = commonFields;
const table: AttributeTable<BriefAttributes> = attributes<BriefAttributes>({
  ...{ name, operstate, master, linkIndex, linkNetnsId, alias, kind },
});

/** All links of the namespace, as far as a list of them shows. */
export function listBrief(socket: RouteSocket): BriefLink[] {
  return socket.netlink.collect(
    listMessage(),
    ({ type, payload }) => (type === RTM_NEWLINK ? decodeBrief(payload) : undefined),
    { operation: "list links" },
  );
}

function decodeBrief(payload: Uint8Array): BriefLink {
  const { index, flags } = ifinfomsg.decode(payload);
  const link: BriefLink = { index, name: "", up: (flags & IFF_UP) !== 0, operstate: "UNKNOWN" };
  return table.decode<BriefLink>(payload, link, ifinfomsg.size);
}
