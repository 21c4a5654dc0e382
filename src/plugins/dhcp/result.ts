import { defined } from "../../base/index.ts";
import { route } from "../../kernel/route/index.ts";
import type { Dns, Result } from "../../spec/index.ts";
import type { DhcpConfig } from "./config.ts";
import type { GrantedLease } from "./protocol.ts";

/** Codes of the options that say how names are resolved. */
const DNS_SERVERS = 6;
const DOMAIN_NAME = 15;
const DNS_SERVERS_6 = 23;
const DOMAIN_LIST = 24;

/** What the daemon has granted, by family. */
export interface Granted {
  readonly ipv4?: GrantedLease | undefined;
  readonly ipv6?: GrantedLease | undefined;
}

/** The result of ADD: the addresses, the routes of the leases, and what was requested of the resolver. */
export function leaseResult({ ipv4, ipv6 }: Granted, config: DhcpConfig): Partial<Result> {
  const leases = [ipv4, ipv6].filter((lease) => lease !== undefined);
  const priority = config.priority === 0 ? undefined : config.priority;
  return {
    ips: leases.map(({ address, gateway }) => ({ address, ...defined({ gateway }) })),
    routes: leases
      .flatMap(({ routes }) => routes)
      .map(({ dst, gw }) => ({
        dst,
        ...(gw === undefined ? { scope: route.RT_SCOPE_LINK } : { gw }),
        ...defined({ priority }),
      })),
    dns: dnsOf({ ipv4, ipv6 }, config),
  };
}

/** Resolver settings, where the configuration requests them. */
function dnsOf({ ipv4, ipv6 }: Granted, { options, options6 }: DhcpConfig): Dns {
  const [asked, asked6] = [options?.request ?? [], options6?.request ?? []];
  const nameservers = [
    ...(asked.includes(DNS_SERVERS) ? (ipv4?.nameservers ?? []) : []),
    ...(asked6.includes(DNS_SERVERS_6) ? (ipv6?.nameservers ?? []) : []),
  ];
  const search = asked6.includes(DOMAIN_LIST) ? (ipv6?.search ?? []) : [];
  return {
    ...(nameservers.length > 0 ? { nameservers } : {}),
    ...(asked.includes(DOMAIN_NAME) ? defined({ domain: ipv4?.domain }) : {}),
    ...(search.length > 0 ? { search: [...search] } : {}),
  };
}
