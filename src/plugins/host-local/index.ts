import type { Context, Plugin } from "../../plugin/index.ts";
import { filePlugin } from "../../state/index.ts";
import { parseConfig, parsePools } from "./config.ts";
import { fillOf, type RangeSetFill } from "./kind/fill.ts";
import { rangeWarnings } from "./kind/range.ts";
import { reservation } from "./kind/reservation.ts";

export type { RangeSetFill } from "./kind/fill.ts";

/**
 * How full the range sets are that a configuration names. Looks only, and takes no lock.
 * @throws CniError for a configuration that is wrong, or of code 5 when the directory cannot be read
 */
export async function poolsOf(
  ctx: Pick<Context, "config" | "network">,
): Promise<readonly RangeSetFill[]> {
  const { dir, sets } = parsePools(ctx);
  return await fillOf(dir, sets);
}

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
