import { defined } from "../../base/index.ts";
import { pathsOf } from "../../cluster/config/index.ts";
import { BootClock } from "../../cluster/node/index.ts";
import { readPicture } from "../../cluster/picture/index.ts";
import { type Clock, servable } from "../../fleet/index.ts";
import { CniError } from "../../spec/index.ts";
import { type Holdings, holdingsOf } from "./holdings.ts";
import type { FleetNetwork } from "./networks.ts";

/** What this node knows of its part in a fleet's network, by its own files alone. */
export interface FleetSide {
  /** The fleet's network. */
  readonly network: string;
  /** The networks of this node that use it. */
  readonly names: readonly string[];
  /** The node's id; absent before it has joined. */
  readonly node?: string;
  readonly overlay: string;
  /** What ADD may reserve from. */
  readonly blocks: readonly string[];
  /** In numbers; absent before the node has joined. */
  readonly holdings?: Holdings;
  /** Why ADD has to wait; absent while it can be served. */
  readonly waits?: string;
}

/** Reads this node's side of a network; changes nothing, and asks no store. */
export function fleetSide(
  { cluster, names }: FleetNetwork,
  clock: Pick<Clock, "now" | "boot"> = new BootClock(),
): FleetSide {
  const { fleet, overlay, place } = cluster;
  const about = { network: fleet.network, names, overlay: overlay.kind };
  const paths = pathsOf(place);
  try {
    const picture = readPicture(paths);
    const serving = servable(picture, clock);
    const held = (picture?.subnets ?? []).flatMap(({ holdings }) =>
      holdings.flatMap(({ state, prefix }) => (state === "held" ? [prefix] : [])),
    );
    const holdings =
      picture === undefined ? undefined : holdingsOf(picture, paths.reservations, clock);
    return {
      ...{ ...about, blocks: held },
      ...defined({ node: picture?.node, holdings, waits: serving.ok ? undefined : serving.reason }),
    };
  } catch (error) {
    return { ...about, blocks: [], waits: CniError.from(error).message };
  }
}
