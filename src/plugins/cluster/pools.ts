import { type Ip, Prefix } from "../../addr/index.ts";
import {
  type Configured,
  parsePlace,
  pathsOf,
  reservationsPath,
} from "../../cluster/config/index.ts";
import { readPicture } from "../../cluster/reading/index.ts";
import type { HoldingState } from "../../fleet/index.ts";
import { type RangeSet, readLast } from "../../state/reservations/index.ts";
import { rangeSetOf } from "./kind/ranges.ts";

/** What a node has of a fleet's network, and where its reservations lie. */
export interface FleetPool {
  /** The directory of the reservations; it need not be there. */
  readonly path: string;
  /** One for each subnet, of what is held, leaving, lost and so on; none before the first block. */
  readonly sets: readonly RangeSet[];
  /** In the order of `sets` and their ranges. */
  readonly states: readonly (readonly HoldingState[])[];
  /** The address that was handed out last from each set, where it is noted. */
  readonly last: readonly (Ip | undefined)[];
}

/** @throws CniError for a configuration that is wrong, or a picture that cannot be read */
export function fleetPool(ctx: Configured): FleetPool {
  const place = parsePlace(ctx);
  const path = reservationsPath(place);
  const { subnets = [], sticky } = readPicture(pathsOf(place)) ?? {};
  const sets = subnets.map(({ subnet: text, gateway, holdings }) => {
    const subnet = Prefix.parse(text);
    const prefixes = holdings.map(({ prefix }) => Prefix.parse(prefix));
    const own = gateway === undefined ? subnet.ip : Prefix.parse(`${gateway}/${subnet.length}`).ip;
    return rangeSetOf({ subnet, gateway: own, prefixes }, sticky);
  });
  return {
    path,
    sets,
    states: subnets.map(({ holdings }) => holdings.map(({ state }) => state)),
    last: sets.map((_, index) => readLast(path, index)),
  };
}
