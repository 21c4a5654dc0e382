import type { Ip } from "../../addr/index.ts";
import type { Context } from "../../plugin/index.ts";
import {
  fillOf,
  pathOf,
  type RangeSet,
  type RangeSetFill,
  readLast,
} from "../../state/reservations/index.ts";
import { parsePools } from "./config.ts";

/** The ranges that a configuration names, and where their reservations lie. */
export interface PoolPlace {
  /** The network's directory; it need not be there. */
  readonly path: string;
  readonly sets: readonly RangeSet[];
  /** The address that was handed out last from each set, where it is noted. */
  readonly last: readonly (Ip | undefined)[];
}

/** What of a call names the ranges. */
type Named = Pick<Context, "config" | "network">;

/** @throws CniError for a configuration that is wrong */
export function poolPlace(ctx: Named): PoolPlace {
  const { dir, sets } = parsePools(ctx);
  const path = pathOf(dir);
  return { path, sets, last: sets.map((_, index) => readLast(path, index)) };
}

/**
 * How full the range sets are that a configuration names. Looks only, and takes no lock.
 * @throws CniError for a configuration that is wrong, or of code 5 when the directory cannot be read
 */
export async function poolsOf(ctx: Named): Promise<readonly RangeSetFill[]> {
  const { dir, sets } = parsePools(ctx);
  return await fillOf(dir, sets);
}
