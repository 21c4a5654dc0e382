import { NLMSG_HDRLEN } from "../../kernel/netlink/index.ts";
import { RulesetWatch } from "../../kernel/nftables/index.ts";
import {
  RouteEvents,
  RTNLGRP_IPV4_IFADDR,
  RTNLGRP_IPV4_NETCONF,
  RTNLGRP_IPV4_ROUTE,
  RTNLGRP_IPV6_IFADDR,
  RTNLGRP_IPV6_NETCONF,
  RTNLGRP_IPV6_ROUTE,
  route,
} from "../../kernel/route/index.ts";
import {
  BPF_JEQ,
  BPF_LDB_ABS,
  BPF_LDH_ABS,
  BPF_RET,
  BPF_WHOLE,
  type FilterInstruction,
  htons,
} from "../../kernel/sys/index.ts";
import { isPluginTable } from "../../state/iptables/index.ts";

const GROUPS: readonly number[] = [
  ...[RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR],
  ...[RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE],
  ...[RTNLGRP_IPV4_NETCONF, RTNLGRP_IPV6_NETCONF],
];

// struct nlmsghdr has the type at 4; struct rtmsg has the length of the destination at 1, the protocol at 5.
const TYPE_AT = 4;
const DST_LENGTH_AT = NLMSG_HDRLEN + 1;
const PROTOCOL_AT = NLMSG_HDRLEN + 5;

/**
 * A router learns routes by the thousand: only those of overlays and the
 * default ones are let through.
 */
function filterOf(protocol: number): readonly FilterInstruction[] {
  return [
    { code: BPF_LDH_ABS, k: TYPE_AT },
    { code: BPF_JEQ, k: htons(route.RTM_NEWROUTE), jt: 1 },
    { code: BPF_JEQ, k: htons(route.RTM_DELROUTE), jf: 4 },
    { code: BPF_LDB_ABS, k: DST_LENGTH_AT },
    { code: BPF_JEQ, k: 0, jt: 2 },
    { code: BPF_LDB_ABS, k: PROTOCOL_AT },
    { code: BPF_JEQ, k: protocol, jf: 1 },
    { code: BPF_RET, k: BPF_WHOLE },
    { code: BPF_RET, k: 0 },
  ];
}

/**
 * Tells when something of the host beside its links may have changed: its addresses, the routes by which packets
 * leave it or go to other nodes, whether it forwards, and the plugins' part of the packet filter.
 */
export class HostEvents implements Disposable {
  readonly #happened: () => void;
  readonly #routes: RouteEvents;
  #ruleset: RulesetWatch | undefined;

  /** @param protocol the number of the routes that overlays make */
  constructor(protocol: number, happened: () => void) {
    this.#happened = happened;
    this.#routes = new RouteEvents({
      groups: GROUPS,
      filter: filterOf(protocol),
      heard: happened,
      lost: happened,
    });
    this.begin();
  }

  /** Hears what could not be heard before, as after more has come than a socket can hold. */
  begin(): void {
    try {
      this.#routes.begin();
      this.#ruleset ??= this.#watchRuleset();
      this.#ruleset.begin();
    } catch {
      // What the kernel does not report is seen with the next change of the node.
    }
  }

  #watchRuleset(): RulesetWatch {
    return new RulesetWatch("all", ({ tables }) => {
      if (tables === undefined || [...tables].some(isPluginTable)) this.#happened();
    });
  }

  [Symbol.dispose](): void {
    this.#routes[Symbol.dispose]();
    this.#ruleset?.[Symbol.dispose]();
  }
}
