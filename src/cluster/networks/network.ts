import type { ClusterConfig } from "../config/index.ts";

/** A network of this node that takes its addresses from a fleet. */
export interface ClusterNetwork {
  /** The network's name in its configuration; that of the fleet's network may be another. */
  readonly name: string;
  readonly cluster: ClusterConfig;
  /** The bridge that the network's containers are on, where they are on one. */
  readonly bridge?: string;
}
