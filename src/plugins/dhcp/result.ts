import { defined } from "../../base/index.ts";
import { route } from "../../kernel/route/index.ts";
import type { Dns, Result } from "../../spec/index.ts";
import type { DhcpConfig } from "./config.ts";
import type { GrantedLease } from "./protocol.ts";

/** Codes of the options that say how names are resolved. */
const DNS_SERVERS = 6;
const DOMAIN_NAME = 15;

/** The result of ADD: one address, the routes of the lease, and what was requested of the resolver. */
export function leaseResult(lease: GrantedLease, config: DhcpConfig): Partial<Result> {
  const { address, gateway, routes } = lease;
  const priority = config.priority === 0 ? undefined : config.priority;
  return {
    ips: [{ address, ...defined({ gateway }) }],
    routes: routes.map(({ dst, gw }) => ({
      dst,
      ...(gw === undefined ? { scope: route.RT_SCOPE_LINK } : { gw }),
      ...defined({ priority }),
    })),
    dns: dnsOf(lease, config.options.request),
  };
}

/** Resolver settings, where the configuration requests them. */
function dnsOf({ nameservers, domain }: GrantedLease, request: readonly number[]): Dns {
  const wantsServers = request.includes(DNS_SERVERS) && nameservers.length > 0;
  return {
    ...(wantsServers ? { nameservers: [...nameservers] } : {}),
    ...(request.includes(DOMAIN_NAME) ? defined({ domain }) : {}),
  };
}
