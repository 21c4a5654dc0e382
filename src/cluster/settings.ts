import type { Ip } from "../addr/index.ts";
import type { FleetConfig } from "../fleet/index.ts";
import type { ReservationDir } from "../state/reservations/index.ts";
import type { StoreOptions } from "./store/options.ts";

/** The plugin configuration of a fleet's network, checked: all that this node's part in it needs. */
export interface ClusterSettings {
  readonly fleet: FleetConfig;
  readonly store: StoreOptions;
  /** Where ADD and DEL keep reservations: their lock is that of the picture. */
  readonly dir: ReservationDir;
  /** The node's id; that of the host's name when absent. */
  readonly node?: string;
  /** The node's address between the nodes; when absent, the one from which the store is reached. */
  readonly underlay?: Ip;
  /** VXLAN's network identifier, and the port of VXLAN or WireGuard; those of the overlay when absent. */
  readonly vni?: number;
  readonly port?: number;
}
