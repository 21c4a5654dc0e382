/** What is read of a fleet for a command. */
import { readdirSync } from "node:fs";
import { Ip } from "../../../addr/index.ts";
import { defined } from "../../../base/index.ts";
import { pathsOf } from "../../../cluster/config/index.ts";
import { readPicture } from "../../../cluster/picture/index.ts";
import { type Picture, readFleet } from "../../../fleet/index.ts";
import {
  type FleetFinding,
  type FleetReport,
  fleetReport,
  judgeFleet,
} from "../../../fleet/operator/index.ts";
import { CniError, ErrorCode } from "../../../spec/index.ts";
import { isAbsent } from "../../../state/files/index.ts";
import { pathOf, type ReservationDir } from "../../../state/reservations/index.ts";
import type { NamedFleet, OpenFleet } from "./session.ts";

/**
 * The fleet as its store has it.
 * @throws CniError where it has not been set up; StoreError
 */
export async function reportOf({ cluster, store, session }: OpenFleet): Promise<FleetReport> {
  const { network } = cluster.fleet;
  const state = await readFleet(store, network, session.io.signal);
  if (state !== undefined) return fleetReport(state);
  throw new CniError(ErrorCode.IO_FAILURE, `the store does not know the fleet ${network}`, {
    advice: "hawser cluster init sets it up; so does the first node",
  });
}

/** The store against itself, against what nodes publish, and against this node's own files. */
export function findingsOf({ cluster }: NamedFleet, report: FleetReport): FleetFinding[] {
  const { place, fleet } = cluster;
  const reserved = reservedAddresses(pathsOf(place).reservations);
  return judgeFleet(report, {
    config: fleet,
    reserved,
    ...defined({ picture: ownPicture(cluster) }),
  });
}

/** The names of reservations are their addresses. */
function reservedAddresses(dir: ReservationDir): Ip[] {
  try {
    return readdirSync(pathOf(dir)).flatMap((name) => Ip.tryParse(name) ?? []);
  } catch (error) {
    if (isAbsent(error)) return [];
    throw error;
  }
}

/** This node's picture; undefined where it has not joined. */
export function ownPicture({ place }: NamedFleet["cluster"]): Picture | undefined {
  return readPicture(pathsOf(place));
}
