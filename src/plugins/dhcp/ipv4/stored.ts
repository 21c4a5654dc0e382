import type { StoredLeases } from "../lease-record.ts";
import { decodeRecord, type Ipv4Record } from "./record.ts";
import { release } from "./release.ts";

/** Recorded leases of IPv4 addresses. */
export const storedIpv4: StoredLeases<Ipv4Record> = {
  family: 4,
  kind: "dhcp",
  decode: decodeRecord,
  release,
};
