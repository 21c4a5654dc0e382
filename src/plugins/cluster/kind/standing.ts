import { type Ip, Prefix } from "../../../addr/index.ts";
import { errorText } from "../../../base/index.ts";
import type { ClusterPaths } from "../../../cluster/config/index.ts";
import { readPicture } from "../../../cluster/reading/index.ts";
import type { HoldingState } from "../../../fleet/index.ts";
import type { Context } from "../../../plugin/index.ts";

/**
 * What the node's picture says of an address; undefined where it says nothing of it, or cannot be
 * read: a container is no worse for that.
 */
export function holdingStateOf(
  paths: ClusterPaths,
  ctx: Context,
  ip: Ip,
): HoldingState | undefined {
  try {
    const holdings = readPicture(paths)?.subnets.flatMap((each) => each.holdings) ?? [];
    return holdings.find(({ prefix }) => Prefix.tryParse(prefix)?.contains(ip) === true)?.state;
  } catch (error) {
    ctx.log(`cluster: ${errorText(error)}`);
    return undefined;
  }
}
