/** What the kernel reports of links, and of routes of overlays that are gone. */
import { NLMSG_HDRLEN } from "../kernel/netlink/index.ts";
import {
  RouteEvents,
  type RouteEventsOptions,
  RTNLGRP_IPV4_ROUTE,
  RTNLGRP_IPV6_ROUTE,
  RTNLGRP_LINK,
  route,
} from "../kernel/route/index.ts";
import {
  BPF_JEQ,
  BPF_LDB_ABS,
  BPF_LDH_ABS,
  BPF_RET,
  BPF_WHOLE,
  type FilterInstruction,
  htons,
} from "../kernel/sys/index.ts";
import { ROUTE_PROTOCOL } from "./names.ts";

// struct nlmsghdr has the type at 4; struct rtmsg has the protocol at 5.
const TYPE_AT = 4;
const PROTOCOL_AT = NLMSG_HDRLEN + 5;

/** Of routes, which a router learns by the thousand, those alone pass that an overlay has lost. */
const FILTER: readonly FilterInstruction[] = [
  { code: BPF_LDH_ABS, k: TYPE_AT },
  { code: BPF_JEQ, k: htons(route.RTM_NEWROUTE), jt: 3 },
  { code: BPF_JEQ, k: htons(route.RTM_DELROUTE), jf: 3 },
  { code: BPF_LDB_ABS, k: PROTOCOL_AT },
  { code: BPF_JEQ, k: ROUTE_PROTOCOL, jt: 1 },
  { code: BPF_RET, k: 0 },
  { code: BPF_RET, k: BPF_WHOLE },
];

/** Hears of links, and of routes of overlays that something has deleted. */
export class OverlayEvents extends RouteEvents {
  constructor(options: Omit<RouteEventsOptions, "groups" | "filter">) {
    const groups = [RTNLGRP_LINK, RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE];
    super({ ...options, groups, filter: FILTER });
  }
}
