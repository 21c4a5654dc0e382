import type { Dns } from "../../spec/index.ts";
import type { DnsKeys } from "./schema.ts";

/** `dns` of a configuration without the keys that it does not have. */
export function configuredDns(dns: DnsKeys | undefined): Dns {
  const set = Object.entries(dns ?? {}).filter(([, value]) => value !== undefined);
  return Object.fromEntries(set);
}

/**
 * `dns` of a configuration when it says anything, an empty list too: then it takes the place of
 * IPAM's.
 */
export function overridingDns(dns: DnsKeys | undefined): Dns | undefined {
  if (dns === undefined) return undefined;
  const lists = [dns.nameservers, dns.search, dns.options];
  const says = lists.some((list) => list !== undefined) || (dns.domain ?? "") !== "";
  return says ? configuredDns(dns) : undefined;
}
