/**
 * Links, addresses, routes, rules, neighbours, traffic control and the VLANs of bridges over rtnetlink
 * (rtnetlink(7)), and netlink itself for other families (netlink(7)). Linux; calls need Bun, or koffi on Node.
 */
export {
  type Attribute,
  Attributes,
  AttributeWriter,
  BatchError,
  type BatchFailure,
  type CollectOptions,
  type Datagram,
  LIST_LIMIT,
  type ListLimit,
  ListLimitError,
  NETLINK_GENERIC,
  NETLINK_NETFILTER,
  NETLINK_ROUTE,
  type NetlinkMessage,
  type NetlinkPort,
  type NetlinkRequest,
  NetlinkSocket,
  type NetlinkSocketOptions,
  NLM_F_APPEND,
  NLM_F_CREATE,
  NLM_F_EXCL,
  NLM_F_REPLACE,
} from "../../kernel/netlink/index.ts";
export {
  type ListFilter,
  RouteSocket,
  RTNLGRP_IPV4_IFADDR,
  RTNLGRP_IPV4_ROUTE,
  RTNLGRP_IPV4_RULE,
  RTNLGRP_IPV6_IFADDR,
  RTNLGRP_IPV6_ROUTE,
  RTNLGRP_IPV6_RULE,
  RTNLGRP_LINK,
} from "../../kernel/route/index.ts";
export {
  Errno,
  errnoName,
  isKernelError,
  KernelError,
  type KernelErrorDetails,
  PlatformError,
} from "../../kernel/sys/index.ts";
export * as address from "./address.ts";
export * as filter from "./filter.ts";
export * as link from "./link.ts";
export * as neighbour from "./neighbour.ts";
export * as qdisc from "./qdisc.ts";
export * as route from "./route.ts";
export * as rule from "./rule.ts";
export * as vlan from "./vlan.ts";
