import { ByteWriter } from "../../../src/bytes/index.ts";
import {
  AttributeWriter,
  type NetlinkMessage,
  NLM_F_EXCL,
} from "../../../src/kernel/netlink/index.ts";
import { Errno } from "../../../src/kernel/sys/index.ts";
import { attributesOf, isSame, number, writeAll } from "./attributes.ts";
import type { FakeEntry, FakeNetns } from "./netns.ts";
import { type Answer, Refused } from "./port.ts";

// linux/rtnetlink.h, linux/neighbour.h
const RTM_NEWNEIGH = 28;
const HEADER_SIZE = 12; // struct ndmsg
const NDA_DST = 1;
const NDA_LLADDR = 2;
const NDA_IFINDEX = 8;
const AF_UNSPEC = 0;
const AF_BRIDGE = 7;

function entryOf(payload: Uint8Array): FakeEntry {
  return { header: payload.slice(0, HEADER_SIZE), attributes: attributesOf(payload, HEADER_SIZE) };
}

export function neighbourIndex({ header }: FakeEntry): number {
  return number(header.subarray(4)) ?? 0;
}

/** One address of one link; of forwarding entries it is the hardware address. */
function isAlike(a: FakeEntry, b: FakeEntry): boolean {
  const key = a.header[0] === AF_BRIDGE ? NDA_LLADDR : NDA_DST;
  return (
    a.header[0] === b.header[0] &&
    neighbourIndex(a) === neighbourIndex(b) &&
    isSame(a.attributes.get(key), b.attributes.get(key))
  );
}

export function newNeighbour(here: FakeNetns, { payload, flags }: NetlinkMessage): void {
  const entry = entryOf(payload);
  if (!here.links.has(neighbourIndex(entry))) throw new Refused(Errno.ENODEV);
  const at = here.neighbours.findIndex((each) => isAlike(each, entry));
  if (at === -1) here.neighbours.push(entry);
  else if ((flags & NLM_F_EXCL) !== 0) throw new Refused(Errno.EEXIST);
  else here.neighbours[at] = entry;
}

export function deleteNeighbour(here: FakeNetns, { payload }: NetlinkMessage): void {
  const entry = entryOf(payload);
  if (!here.links.has(neighbourIndex(entry))) throw new Refused(Errno.ENODEV);
  const at = here.neighbours.findIndex((each) => isAlike(each, entry));
  if (at === -1) throw new Refused(Errno.ENOENT);
  here.neighbours.splice(at, 1);
}

export function listNeighbours(here: FakeNetns, { payload }: NetlinkMessage): Answer[] {
  const wanted = entryOf(payload);
  const family = wanted.header[0] ?? AF_UNSPEC;
  const ofHeader = family === AF_BRIDGE ? neighbourIndex(wanted) : undefined;
  const index = ofHeader ?? number(wanted.attributes.get(NDA_IFINDEX));
  if (ofHeader !== undefined && !here.links.has(ofHeader)) throw new Refused(Errno.ENODEV);
  return here.neighbours
    .filter(({ header }) => family === AF_UNSPEC || header[0] === family)
    .filter((each) => index === undefined || neighbourIndex(each) === index)
    .map(({ header, attributes }) => {
      const writer = new AttributeWriter(new ByteWriter().bytes(header));
      return { type: RTM_NEWNEIGH, payload: writeAll(writer, attributes).finish() };
    });
}
