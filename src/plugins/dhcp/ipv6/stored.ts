import type { StoredLeases } from "../lease-record.ts";
import { decodeRecord, type Ipv6Record } from "./record.ts";
import { release } from "./release.ts";

/** Recorded leases of IPv6 addresses. */
export const storedIpv6: StoredLeases<Ipv6Record> = {
  family: 6,
  kind: "dhcp6",
  decode: decodeRecord,
  release,
};
