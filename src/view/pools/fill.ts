import { poolsOf } from "../../plugins/host-local/index.ts";
import type { RangeSetFill } from "../../state/reservations/index.ts";
import { hasRanges, type RangeConfig } from "./configs.ts";
import { reservingPlugin } from "./place.ts";

/** How full a range set of a network is. */
export interface PoolFill extends RangeSetFill {
  readonly network: string;
}

/**
 * How full the range sets of these configurations are, in the order of the networks' names. Reads no
 * reservation, so that it can be asked again and again; a network whose ranges cannot be read has none.
 */
export async function poolFills(configs: readonly RangeConfig[]): Promise<readonly PoolFill[]> {
  const fills: PoolFill[] = [];
  const sorted = configs
    .filter(({ config }) => reservingPlugin(config) === "host-local" && hasRanges(config))
    .toSorted((one, other) => (one.network < other.network ? -1 : 1));
  for (const { network, config } of sorted) {
    const pools = await poolsOf({ network, config }).catch(() => []);
    fills.push(...pools.map((fill) => ({ network, ...fill })));
  }
  return fills;
}
