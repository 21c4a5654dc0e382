import { ByteWriter } from "../../../src/bytes/index.ts";
import {
  AttributeWriter,
  type NetlinkMessage,
  NLM_F_APPEND,
  NLM_F_CREATE,
  NLM_F_EXCL,
  NLM_F_REPLACE,
} from "../../../src/kernel/netlink/index.ts";
import { Errno } from "../../../src/kernel/sys/index.ts";
import { attributesOf, isSame, number, writeAll } from "./attributes.ts";
import type { FakeEntry, FakeNetns } from "./netns.ts";
import { type Answer, Refused } from "./port.ts";

// linux/rtnetlink.h, linux/fib_rules.h
const RTM_NEWROUTE = 24;
const RTM_NEWRULE = 32;
const HEADER_SIZE = 12; // struct rtmsg, and struct fib_rule_hdr
const RTA_DST = 1;
const RTA_OIF = 4;
const RTA_GATEWAY = 5;
const RTA_PRIORITY = 6;
const RTA_TABLE = 15;
const RTA_VIA = 18;
const FRA_PRIORITY = 6;
const FRA_TABLE = 15;
const SCOPE_NOWHERE = 255;
const FIRST_CHOSEN_PRIORITY = 32_765;
/** Places in the header. */
const FAMILY = 0;
const DST_LENGTH = 1;
const SRC_LENGTH = 2;
const TOS = 3;
const TABLE = 4;
const PROTOCOL = 5;
const SCOPE = 6;
const TYPE = 7;
const FLAGS = 8;
const RTNH_F_ONLINK = 4;
const AF_INET = 2;
const AF_INET6 = 10;
/** In struct fib_rule_hdr. */
const ACTION = 7;

function entryOf(payload: Uint8Array): FakeEntry {
  return { header: payload.slice(0, HEADER_SIZE), attributes: attributesOf(payload, HEADER_SIZE) };
}

function tableOf({ header, attributes }: FakeEntry): number {
  return number(attributes.get(RTA_TABLE)) ?? header[TABLE] ?? 0;
}

/** Whether two routes are in each other's way: same destination, table, metric. */
function isSamePlace(a: FakeEntry, b: FakeEntry): boolean {
  return (
    [FAMILY, DST_LENGTH, TOS].every((at) => a.header[at] === b.header[at]) &&
    isSame(a.attributes.get(RTA_DST), b.attributes.get(RTA_DST)) &&
    tableOf(a) === tableOf(b) &&
    (number(a.attributes.get(RTA_PRIORITY)) ?? 0) === (number(b.attributes.get(RTA_PRIORITY)) ?? 0)
  );
}

function isSameHop(a: FakeEntry, b: FakeEntry): boolean {
  return [RTA_OIF, RTA_GATEWAY, RTA_VIA].every((type) =>
    isSame(a.attributes.get(type), b.attributes.get(type)),
  );
}

export function newRoute(here: FakeNetns, { payload, flags }: NetlinkMessage): void {
  const route = entryOf(payload);
  const index = number(route.attributes.get(RTA_OIF));
  if (index !== undefined) {
    const link = here.links.get(index);
    if (link === undefined) throw new Refused(isSearched(route) ? Errno.ENETUNREACH : Errno.ENODEV);
    if (!link.isUp) throw new Refused(Errno.ENETDOWN);
  }
  const at = here.routes.findIndex((each) => isSamePlace(each, route));
  if (at === -1) {
    if ((flags & NLM_F_CREATE) === 0) throw new Refused(Errno.ENOENT);
    here.routes.push(route);
  } else if ((flags & NLM_F_EXCL) !== 0) throw new Refused(Errno.EEXIST);
  else if ((flags & NLM_F_REPLACE) !== 0) here.routes[at] = route;
  else addBeside(here, route, (flags & NLM_F_APPEND) === 0 ? at : undefined);
}

/** The gateway of an IPv4 route is looked up before its link is. */
function isSearched({ header, attributes }: FakeEntry): boolean {
  const isOnlink = ((header[FLAGS] ?? 0) & RTNH_F_ONLINK) !== 0;
  return header[FAMILY] === AF_INET && attributes.has(RTA_GATEWAY) && !isOnlink;
}

function addBeside(here: FakeNetns, route: FakeEntry, before: number | undefined): void {
  const alike = here.routes.filter((each) => isSamePlace(each, route));
  if (alike.some((each) => isSameHop(each, route))) throw new Refused(Errno.EEXIST);
  const last = here.routes.findLastIndex((each) => isSamePlace(each, route));
  here.routes.splice(before ?? last + 1, 0, route);
}

export function deleteRoute(here: FakeNetns, { payload }: NetlinkMessage): void {
  const wanted = entryOf(payload);
  const at = here.routes.findIndex((each) => isMeant(each, wanted));
  if (at === -1) throw new Refused(Errno.ESRCH);
  here.routes.splice(at, 1);
}

/** What a request does not say, it leaves open. */
function isMeant(route: FakeEntry, wanted: FakeEntry): boolean {
  const open = (at: number, none: number): boolean =>
    wanted.header[at] === none || wanted.header[at] === route.header[at];
  return (
    route.header[FAMILY] === wanted.header[FAMILY] &&
    route.header[DST_LENGTH] === wanted.header[DST_LENGTH] &&
    tableOf(route) === tableOf(wanted) &&
    isSame(route.attributes.get(RTA_DST), wanted.attributes.get(RTA_DST)) &&
    open(PROTOCOL, 0) &&
    open(SCOPE, SCOPE_NOWHERE) &&
    open(TYPE, 0) &&
    [RTA_OIF, RTA_GATEWAY, RTA_VIA, RTA_PRIORITY].every(
      (type) =>
        !wanted.attributes.has(type) ||
        isSame(route.attributes.get(type), wanted.attributes.get(type)),
    )
  );
}

export function listRoutes(here: FakeNetns, { payload }: NetlinkMessage): Answer[] {
  const wanted = entryOf(payload);
  const { header } = wanted;
  const table = tableOf(wanted);
  const index = number(wanted.attributes.get(RTA_OIF));
  if (index !== undefined && !here.links.has(index)) throw new Refused(Errno.ENODEV);
  return here.routes
    .filter((each) => each.header[FAMILY] === header[FAMILY])
    .filter((each) => table === 0 || tableOf(each) === table)
    .filter((each) => index === undefined || number(each.attributes.get(RTA_OIF)) === index)
    .filter((each) => header[PROTOCOL] === 0 || each.header[PROTOCOL] === header[PROTOCOL])
    .map((each) => ({ type: RTM_NEWROUTE, payload: told(each) }));
}

/** The kernel always tells the table as an attribute. */
function told(entry: FakeEntry): Uint8Array {
  const attributes = new Map(entry.attributes).set(RTA_TABLE, bytesOf(tableOf(entry)));
  return writeAll(new AttributeWriter(new ByteWriter().bytes(entry.header)), attributes).finish();
}

function bytesOf(value: number): Uint8Array {
  return new ByteWriter().u32(value).finish();
}

export function newRule(here: FakeNetns, { payload, flags }: NetlinkMessage): void {
  const rule = entryOf(payload);
  const attributes = new Map(rule.attributes);
  if (!attributes.has(FRA_PRIORITY)) {
    attributes.set(FRA_PRIORITY, bytesOf(freePriority(here, rule.header[FAMILY] ?? 0)));
  }
  const made = { header: rule.header, attributes };
  const isThere = here.rules.some((each) => isSameRule(each, made));
  if (isThere && (flags & NLM_F_EXCL) !== 0) throw new Refused(Errno.EEXIST);
  here.rules.push(made);
  here.rules.sort((a, b) => priorityOf(a) - priorityOf(b));
}

function isSameRule(a: FakeEntry, b: FakeEntry): boolean {
  const rest = ({ attributes }: FakeEntry): string =>
    [...attributes]
      .filter(([type]) => type !== FRA_TABLE)
      .map(([type, value]) => `${type}=${value.toHex()}`)
      .sort()
      .join();
  const isSameHeader = [FAMILY, DST_LENGTH, SRC_LENGTH, TOS, ACTION].every(
    (at) => a.header[at] === b.header[at],
  );
  return isSameHeader && tableOf(a) === tableOf(b) && rest(a) === rest(b);
}

function priorityOf({ attributes }: FakeEntry): number {
  return number(attributes.get(FRA_PRIORITY)) ?? 0;
}

/** One before the first that is not 0, as the kernel chooses it. */
function freePriority(here: FakeNetns, family: number): number {
  const others = here.rules.filter(({ header }) => header[FAMILY] === family).map(priorityOf);
  const first = others.find((priority) => priority !== 0);
  return first === undefined ? FIRST_CHOSEN_PRIORITY : first - 1;
}

export function deleteRule(here: FakeNetns, { payload }: NetlinkMessage): void {
  const wanted = entryOf(payload);
  const at = here.rules.findIndex((each) => {
    const isOpen = (place: number): boolean =>
      wanted.header[place] === 0 || wanted.header[place] === each.header[place];
    return (
      [FAMILY, DST_LENGTH, SRC_LENGTH, TOS, ACTION].every(isOpen) &&
      (tableOf(wanted) === 0 || tableOf(wanted) === tableOf(each)) &&
      [...wanted.attributes].every(
        ([type, value]) => type === FRA_TABLE || isSame(value, each.attributes.get(type)),
      )
    );
  });
  if (at === -1) throw new Refused(Errno.ENOENT);
  here.rules.splice(at, 1);
}

export function listRules(here: FakeNetns, { payload }: NetlinkMessage): Answer[] {
  return here.rules
    .filter(({ header }) => header[FAMILY] === payload[FAMILY])
    .map((each) => ({ type: RTM_NEWRULE, payload: told(each) }));
}

const FR_ACT_TO_TBL = 1;

/** The rules that every new namespace has. */
export function defaultRules(): FakeEntry[] {
  return [
    [AF_INET, 0, 255],
    [AF_INET, 32_766, 254],
    [AF_INET, 32_767, 253],
    [AF_INET6, 0, 255],
    [AF_INET6, 32_766, 254],
  ].map(([family = 0, priority = 0, table = 0]) => {
    const header = new Uint8Array(HEADER_SIZE);
    header.set([family, 0, 0, 0, table, 0, 0, FR_ACT_TO_TBL]);
    // The kernel does not tell a priority of 0.
    const attributes = new Map(priority === 0 ? [] : [[FRA_PRIORITY, bytesOf(priority)]]);
    return { header, attributes };
  });
}
