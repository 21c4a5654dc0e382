import { ByteWriter } from "../../../src/bytes/index.ts";
import {
  AttributeWriter,
  type NetlinkMessage,
  NLM_F_EXCL,
} from "../../../src/kernel/netlink/index.ts";
import { Errno } from "../../../src/kernel/sys/index.ts";
import { attributesOf, isSame, number, writeAll } from "./attributes.ts";
import type { FakeAddress, FakeNetns } from "./netns.ts";
import { type Answer, Refused } from "./port.ts";

// linux/rtnetlink.h, linux/if_addr.h
const RTM_NEWADDR = 20;
const HEADER_SIZE = 8;
const IFA_ADDRESS = 1;
const IFA_LOCAL = 2;
const IFA_LABEL = 3;
const IFA_CACHEINFO = 6;
const IFA_FLAGS = 8;
const IFA_F_PERMANENT = 0x80;
const AF_INET = 2;

function addressOf(payload: Uint8Array): FakeAddress {
  const view = new DataView(payload.buffer, payload.byteOffset);
  const attributes = attributesOf(payload, HEADER_SIZE);
  const local = attributes.get(IFA_LOCAL) ?? attributes.get(IFA_ADDRESS) ?? new Uint8Array(0);
  return {
    family: view.getUint8(0),
    prefixLength: view.getUint8(1),
    flags: number(attributes.get(IFA_FLAGS)) ?? view.getUint8(2),
    scope: view.getUint8(3),
    index: view.getUint32(4, true),
    local,
    attributes,
  };
}

function isAlike(a: FakeAddress, b: FakeAddress): boolean {
  return (
    a.index === b.index &&
    a.family === b.family &&
    a.prefixLength === b.prefixLength &&
    isSame(a.local, b.local)
  );
}

export function newAddress(here: FakeNetns, message: NetlinkMessage): void {
  const address = addressOf(message.payload);
  if (!here.links.has(address.index)) throw new Refused(Errno.ENODEV);
  const at = here.addresses.findIndex((each) => isAlike(each, address));
  if (at === -1) here.addresses.push(address);
  else if ((message.flags & NLM_F_EXCL) !== 0) throw new Refused(Errno.EEXIST);
  else here.addresses[at] = address;
}

export function deleteAddress(here: FakeNetns, { payload }: NetlinkMessage): void {
  const address = addressOf(payload);
  if (!here.links.has(address.index)) throw new Refused(Errno.ENODEV);
  const rest = here.addresses.filter((each) => !isAlike(each, address));
  if (rest.length === here.addresses.length) throw new Refused(Errno.EADDRNOTAVAIL);
  here.addresses = rest;
}

export function listAddresses(here: FakeNetns, { payload }: NetlinkMessage): Answer[] {
  const wanted = addressOf(payload);
  if (wanted.index !== 0 && !here.links.has(wanted.index)) throw new Refused(Errno.ENODEV);
  return here.addresses
    .filter(({ family }) => wanted.family === 0 || family === wanted.family)
    .filter(({ index }) => wanted.index === 0 || index === wanted.index)
    .map((address) => answerOf(address, here));
}

function answerOf(address: FakeAddress, here: FakeNetns): Answer {
  const { family, prefixLength, scope, index, attributes } = address;
  const flags = address.flags | (attributes.has(IFA_CACHEINFO) ? 0 : IFA_F_PERMANENT);
  const header = new ByteWriter()
    .u8(family)
    .u8(prefixLength)
    .u8(flags & 0xff)
    .u8(scope)
    .u32(index);
  const told = new Map(attributes);
  const label = new TextEncoder().encode(`${here.links.get(index)?.name}\0`);
  if (family === AF_INET && !told.has(IFA_LABEL)) told.set(IFA_LABEL, label);
  told.delete(IFA_FLAGS);
  // IPv6 tells one address, unless the other end has another one.
  if (family !== AF_INET && isSame(told.get(IFA_LOCAL), told.get(IFA_ADDRESS))) {
    told.delete(IFA_LOCAL);
  }
  const writer = writeAll(new AttributeWriter(header), told).u32(IFA_FLAGS, flags);
  return { type: RTM_NEWADDR, payload: writer.finish() };
}
