import type { HoldingState } from "../../fleet/index.ts";
import { type FleetPool, fleetPool } from "../../plugins/cluster/index.ts";
import { type PoolPlace, poolPlace } from "../../plugins/host-local/index.ts";
import { field, isObject, type JsonObject } from "../../spec/index.ts";

/** What of a call names the ranges. */
interface Named {
  readonly network: string;
  /** As the plugin would be called with it. */
  readonly config: JsonObject;
}

/** The ranges of a network, and where their reservations lie. */
export interface RangePlace extends PoolPlace {
  /** Of a fleet's network: what this node may do with each range; in the order of `sets`. */
  readonly states?: readonly (readonly HoldingState[])[];
}

/** The IPAM plugin of a configuration, where it keeps reservations in files. */
export function reservingPlugin(config: JsonObject): "host-local" | "cluster" | undefined {
  const ipam = field(config, "ipam");
  const type = isObject(ipam) ? field(ipam, "type") : undefined;
  return type === "host-local" || type === "cluster" ? type : undefined;
}

/** @throws CniError for a configuration that is wrong */
export function rangePlace(named: Named): RangePlace {
  const place: FleetPool | PoolPlace =
    reservingPlugin(named.config) === "cluster" ? fleetPool(named) : poolPlace(named);
  return place;
}
