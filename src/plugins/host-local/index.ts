import type { Plugin } from "../../plugin/index.ts";
import { filePlugin } from "../../state/index.ts";
import { rangeWarnings } from "../../state/reservations/index.ts";
import { parseConfig } from "./config.ts";
import { reservation } from "./kind/reservation.ts";

export { DEFAULT_DATA_DIR, schema } from "./config.ts";
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
