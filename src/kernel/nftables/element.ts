import {
  type AttributeWriter,
  attributeBytes,
  attributes,
  attributeValues,
  type NetlinkMessage,
  NLA_HDRLEN,
  NLMSG_HDRLEN,
} from "../netlink/index.ts";
import { type Data, dataField } from "./data.ts";
import { NFGENMSG_SIZE, nfWriter, parseNf } from "./header.ts";
import type { SetId } from "./set.ts";
import { commentField, commentValue } from "./userdata.ts";

/** One element of a set, or of a map when it has `data`. */
export interface Element {
  /** Bytes of the key: `Ip.bytes`, `Mac.bytes`, `portValue` and the like; `concat` joins several parts. */
  readonly key: Uint8Array;
  /** Of a map: bytes in the same way, or a verdict. */
  readonly data?: Data;
  readonly comment?: string;
}

const NFTA_SET_ELEM_LIST_TABLE = 1;
const NFTA_SET_ELEM_LIST_SET = 2;
const NFTA_SET_ELEM_LIST_ELEMENTS = 3;
const NFTA_SET_ELEM_LIST_SET_ID = 4;

const NFTA_SET_ELEM_KEY = 1;
const NFTA_SET_ELEM_DATA = 2;
const NFTA_SET_ELEM_USERDATA = 6;

const elementTable = attributes({
  key: dataField(NFTA_SET_ELEM_KEY),
  data: dataField(NFTA_SET_ELEM_DATA),
  comment: commentField(NFTA_SET_ELEM_USERDATA),
});

/** Elements that one message may carry: the list is one attribute, whose length has 16 bits. */
export const ELEMENTS_PER_MESSAGE = 128;

/** Payload of `NFT_MSG_NEWSETELEM`; `setId` is the set's number in the transaction, if it is new. */
export function encodeElements(
  set: SetId,
  elements: readonly Element[],
  setId?: number,
): Uint8Array {
  const writer = listWriter(set);
  if (setId !== undefined) writer.be32(NFTA_SET_ELEM_LIST_SET_ID, setId);
  writer.nested(NFTA_SET_ELEM_LIST_ELEMENTS, (list) => {
    // nft numbers the elements where the kernel does not care about the type.
    elements.forEach((element, index) => {
      list.nested(index + 1, (inner) => elementTable.encode(inner, element));
    });
  });
  return writer.finish();
}

/** Payload that names elements by their keys, for delete and get. */
export function encodeElementKeys(set: SetId, keys: readonly Uint8Array[]): Uint8Array {
  return encodeElements(
    set,
    keys.map((key) => ({ key })),
  );
}

/** Payload that asks for all elements of a set. */
export function encodeElementDump(set: SetId): Uint8Array {
  return listWriter(set).finish();
}

/** Payload that names all elements of a set, for flush; in this order by nft. */
export function encodeElementFlush(set: SetId): Uint8Array {
  const writer = nfWriter(set.family).string(NFTA_SET_ELEM_LIST_SET, set.name);
  return writer.string(NFTA_SET_ELEM_LIST_TABLE, set.table).finish();
}

/** Decodes the elements of one `NFT_MSG_NEWSETELEM` of the kernel. */
export function decodeElements({ payload }: NetlinkMessage): Element[] {
  const list = attributeBytes(payload, NFGENMSG_SIZE, NFTA_SET_ELEM_LIST_ELEMENTS);
  return list === undefined ? [] : attributeValues(list).map(readElement);
}

/**
 * Decodes those elements alone that bear a comment: a message in which its bytes do not stand has none, and
 * of thousands of elements only a few dozen are taken apart.
 */
export function elementsWith(comment: string): (message: NetlinkMessage) => Element[] {
  const value = commentValue(comment);
  return (message) => {
    const { buffer, byteOffset, length } = message.payload;
    if (!Buffer.from(buffer, byteOffset, length).includes(value)) return [];
    return decodeElements(message).filter((element) => element.comment === comment);
  };
}

/**
 * Which element of a payload a complaint of the kernel is about; `offset` counts from the begin of
 * the message (struct nlmsghdr) as in an extended acknowledgement.
 */
export function elementIndexAt(payload: Uint8Array, offset: number): number | undefined {
  const list = parseNf(payload).attributes.nested(NFTA_SET_ELEM_LIST_ELEMENTS);
  const at = payload.byteOffset + offset - NLMSG_HDRLEN;
  const index = Array.from(list ?? []).findIndex(({ payload: value }) => {
    return value.byteOffset - NLA_HDRLEN <= at && at < value.byteOffset + value.length;
  });
  return index === -1 ? undefined : index;
}

function listWriter(set: SetId): AttributeWriter {
  const writer = nfWriter(set.family).string(NFTA_SET_ELEM_LIST_TABLE, set.table);
  return writer.string(NFTA_SET_ELEM_LIST_SET, set.name);
}

const NO_KEY = new Uint8Array(0);

function readElement(payload: Uint8Array): Element {
  const element: { key: Uint8Array } = { key: NO_KEY };
  const { key } = elementTable.decode<{ key: Data }>(payload, element);
  if (!(key instanceof Uint8Array)) element.key = NO_KEY;
  return element;
}
