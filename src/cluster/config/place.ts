import { checkNetworkName } from "../../spec/index.ts";
import { pathOf, type ReservationDir } from "../../state/reservations/index.ts";

/** Where nodes keep their part of fleets when the configuration names no other place. */
export const DEFAULT_DATA_DIR = "/var/lib/hawser/cluster";

/** The directory of this node in one fleet's network. */
export interface ClusterPlace {
  readonly dataDir: string;
  /** The fleet's network. */
  readonly network: string;
}

/** The node's files, all in one directory. */
export interface ClusterPaths {
  readonly directory: string;
  /** What the node holds: written by its member alone. */
  readonly picture: string;
  /** Held by the member of this node. */
  readonly memberLock: string;
  /** A file for each ADD that waits. */
  readonly wants: string;
  /** The reserved addresses, whose lock each ADD takes. */
  readonly reservations: ReservationDir;
}

/** @throws CniError of code 7 for a name that is no network's */
export function pathsOf({ dataDir, network }: ClusterPlace): ClusterPaths {
  checkNetworkName(network);
  const directory = `${dataDir}/${network}`;
  return {
    directory,
    picture: `${directory}/picture.json`,
    memberLock: `${directory}/member.lock`,
    wants: `${directory}/wants`,
    reservations: { dataDir: directory, network: "reservations" },
  };
}

/** The directory that the reserved addresses lie in. */
export function reservationsPath(place: ClusterPlace): string {
  return pathOf(pathsOf(place).reservations);
}
