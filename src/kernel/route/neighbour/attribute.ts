import type { Ip } from "../../../addr/index.ts";
import { type AttributeTable, attributes, u32 } from "../../netlink/index.ts";
import { ipField, macField } from "../ip-value.ts";

// linux/neighbour.h
const NDA_DST = 1;
const NDA_LLADDR = 2;
const NDA_IFINDEX = 8;

/** The attributes of a neighbour message. */
interface NeighbourTable {
  readonly ip?: Ip;
  readonly address?: string;
  /** Only lists are narrowed by it: the header has the index of a neighbour. */
  readonly filterIndex?: number;
}

export const neighbourTable: AttributeTable<NeighbourTable> = attributes<NeighbourTable>({
  ip: ipField(NDA_DST),
  address: macField(NDA_LLADDR),
  filterIndex: u32(NDA_IFINDEX),
});
