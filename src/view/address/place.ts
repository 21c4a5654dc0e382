import type { Ip, Prefix } from "../../addr/index.ts";
import { defined, errorText } from "../../base/index.ts";
import { type Range, showRange } from "../../state/reservations/index.ts";
import { isExcluded, isWithin, type RangeConfig, rangePlace } from "../pools/index.ts";

/** What an address is to a range of a network. */
export type AddressRole =
  /** Handed out to whatever asks for any. */
  | "range"
  | "gateway"
  /** Handed out only when asked for. */
  | "excluded"
  | "network address"
  | "broadcast address"
  /** Of the subnet, and in no range of the network: never handed out. */
  | "outside";

/** A subnet of a network that the address is of. */
export interface AddressPlace {
  readonly network: string;
  /** Absent for a configuration that only attachments have. */
  readonly file?: string;
  readonly subnet: Prefix;
  /** `10.1.0.1-10.1.0.6`: of several in the subnet the one that has the address, if one does. */
  readonly range: string;
  readonly role: AddressRole;
  /** Where its reservations lie. */
  readonly directory: string;
}

/** Every place that the address has in these configurations; what is wrong in them goes to `problems`. */
export function placesIn(
  configs: readonly RangeConfig[],
  ip: Ip,
  problems: string[],
): AddressPlace[] {
  const places = new Map<string, AddressPlace>();
  for (const { network, config, file } of configs) {
    try {
      const { path, sets } = rangePlace({ network, config });
      for (const range of sets.flat()) {
        const role = roleOf(range, ip);
        if (role === undefined) continue;
        const key = `${path} ${range.subnet}`;
        const before = places.get(key);
        // Of two ranges in one subnet, the one that has the address counts.
        if (before !== undefined && (before.role !== "outside" || role === "outside")) continue;
        const { subnet } = range;
        const place = { network, subnet, range: showRange(range), role, directory: path };
        places.set(key, { ...place, ...defined({ file: before?.file ?? file }) });
      }
    } catch (error) {
      problems.push(`network ${network}: ${errorText(error)}`);
    }
  }
  return [...places.values()];
}

function roleOf(range: Range, ip: Ip): AddressRole | undefined {
  const { subnet, gateway } = range;
  if (gateway.equals(ip)) return "gateway";
  if (!subnet.contains(ip)) return undefined;
  if (isWithin(range, ip)) return isExcluded(range, ip) ? "excluded" : "range";
  if (subnet.ip.equals(ip)) return "network address";
  return subnet.broadcast?.equals(ip) === true ? "broadcast address" : "outside";
}
