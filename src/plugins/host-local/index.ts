import type { Plugin } from "../../plugin/index.ts";
import { filePlugin } from "../../state/index.ts";
import { parseConfig } from "./config.ts";
import { rangeWarnings } from "./kind/range.ts";
import { reservation } from "./kind/reservation.ts";

export { schema } from "./config.ts";
export type { Holder } from "./holder.ts";
export type { RangeSetFill } from "./kind/fill.ts";
export { type FoundReservation, reservationsIn, reservedAt } from "./kind/look.ts";
export { type Range, type RangeSet, showRange, size } from "./kind/range.ts";
export { DEFAULT_DATA_DIR } from "./kind/reservation-dir.ts";
export { type PoolPlace, poolPlace, poolsOf } from "./pools.ts";

/** Hands out addresses from ranges, and notes them in a directory of this host. */
export const plugin: Plugin = filePlugin({
  name: "host-local",
  chained: "optional",
  config: parseConfig,
  kinds: [reservation],
  want(scene) {
    const { config } = scene;
    const { routes, dns } = config;
    const piece = reservation.want(scene, config);
    return {
      pieces: [piece],
      result: () => ({ ips: piece.ips(), routes, dns }),
      expected: () => {
        const ips = piece.ips();
        return ips.length === 0 ? undefined : { ips, routes, dns };
      },
      warnings: rangeWarnings(config.sets),
    };
  },
});
